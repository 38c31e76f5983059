// The same Hono application by `fetchHandler`, or by Hono's own adapter for node:http.
import { serve as serveOnNode } from '@hono/node-server'
import { fetchHandler, serve } from 'bsd-sockets/http'
import { Hono } from 'hono'

const app = new Hono()
app.get('/', context => context.text('hello world\n'))

const listening = ({ address, port }) => console.log(`listening on ${address}:${port}`)
if (process.argv[2] === 'node-server') serveOnNode({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, listening)
else listening(serve(fetchHandler(app.fetch), { backlog: 4096 }).address)
