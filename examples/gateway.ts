// A gateway between HTTP and an application, as a WSGI server is one for Python: `curl http://localhost:8000/products/`.
// The layers: gateway/run.ts (the listening socket), handler.ts (a connection), request.ts and response.ts (its bytes),
// and products.ts (an application, which gateway-on-serve.ts uses too).
import { parseArgs } from 'node:util'
import { run } from './gateway/run.js'
import { fetch } from './gateway/products.js'

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '8000' },
    ipv6: { type: 'boolean', default: false },
    threads: { type: 'boolean', default: false },
  },
})

const app = values.threads ? new URL('./gateway/products.js', import.meta.url) : fetch
await using server = run(values.host, Number(values.port), app, {
  ipv6: values.ipv6,
  threading: values.threads,
  onBind: port => console.log(`listening on ${values.host}:${port}`),
})
process.once('SIGINT', () => void server.shutdown())
await server.serving
