/* global Deno, Response */
const headers = { 'content-type': 'text/plain' }
const onListen = ({ port }) => console.log(`listening on 127.0.0.1:${port}`)
Deno.serve({ hostname: '127.0.0.1', port: 0, onListen }, () => new Response('hello world\n', { headers }))
