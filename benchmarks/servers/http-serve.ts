import { serve } from 'bsd-sockets/http'
import { listening } from './listening.js'

const { address } = serve(() => ({ headers: [['content-type', 'text/plain']], body: 'hello world\n' }))
listening(address)
