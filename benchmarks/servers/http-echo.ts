// Answers each request with its own content as it arrives: a streamed body.
import { serve } from 'bsd-sockets/http'
import { listening } from './listening.js'

const { address } = serve(({ body }) => ({ body }), { streamBody: true })
listening(address)
