// Answers each request with its own content, by a web-standard handler.
import { fetchHandler, serve } from 'bsd-sockets/http'
import { listening } from './listening.js'

const { address } = serve(fetchHandler(request => new Response(request.body)))
listening(address)
