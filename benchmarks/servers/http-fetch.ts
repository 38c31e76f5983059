// A web-standard handler, as for Bun and Deno.
import { fetchHandler, serve } from 'bsd-sockets/http'
import { listening } from './listening.js'

const headers = { 'content-type': 'text/plain' }
const { address } = serve(
  fetchHandler(() => new Response('hello world\n', { headers })),
  { backlog: 4096 },
)
listening(address)
