// Answers of 64 KiB by a web-standard handler.
import { fetchHandler, serve } from 'bsd-sockets/http'
import { listening } from './listening.js'

const zeros = Buffer.alloc(64 * 1024)
const headers = { 'content-type': 'application/octet-stream' }
const { address } = serve(
  fetchHandler(() => new Response(zeros, { headers })),
  { backlog: 4096 },
)
listening(address)
