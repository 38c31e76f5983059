/* global Bun, Response */
const headers = { 'content-type': 'text/plain' }
const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('hello world\n', { headers }) })
console.log(`listening on 127.0.0.1:${server.port}`)
