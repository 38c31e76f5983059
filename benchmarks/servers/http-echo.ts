// Gives each request its content back as it comes: a streamed body.
import { serve } from 'bsd-sockets/http'
import { listening } from './listening.js'

const { address } = serve(({ body }) => ({ body }), { streamBody: true })
listening(address)
