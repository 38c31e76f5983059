// The application of gateway.ts, unchanged, on bsd-sockets/http: `curl http://localhost:8000/products/`.
import { parseArgs } from 'node:util'
import { fetchHandler, serve } from 'bsd-sockets/http'
import { fetch } from './gateway/products.js'

const { values } = parseArgs({ options: { port: { type: 'string', default: '8000' } } })

const server = serve(fetchHandler(fetch), { port: Number(values.port) })
console.log(`listening on 127.0.0.1:${server.port}`)
process.once('SIGINT', () => void server.stop())
