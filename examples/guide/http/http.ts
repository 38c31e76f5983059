// An HTTP server, from nothing and by the parser of the package: `http nothing|parser [PORT]`; `http ways` lists them.
import { ConnectionError, createServer } from 'bsd-sockets'
import type { Socket } from 'bsd-sockets'
import { serve } from 'bsd-sockets/http'

const [way = 'nothing', port = '0'] = process.argv.slice(2)
const longest = 8192 // bytes of a head: a peer may send one without an end

/** The head of a request: everything up to the empty line. Null if the client ends before that, or sends too much. */
function readHead(client: Socket): string | null {
  let head = ''
  while (!head.includes('\r\n\r\n')) {
    const data = client.recv(1024)
    if (data.length === 0 || head.length + data.length > longest) return null
    head += data.toString('latin1')
  }
  return head
}

/** A status line, header lines, an empty line, and as many bytes as Content-Length says. */
function response(status: string, body: string): string {
  const headers = `Content-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n`
  return `HTTP/1.1 ${status}\r\n${headers}\r\n${body}`
}

function answer(head: string): string {
  const [, method, target] = /^([A-Z]+) (\S+) HTTP\/1\.[01]\r\n/.exec(head) ?? []
  if (method === undefined) return response('400 Bad Request', 'this is not a request\n')
  return response('200 OK', `${method} ${target}\n`)
}

/** One request for each connection, and one connection after the other. */
function fromNothing(): void {
  const listener = createServer(['127.0.0.1', Number(port)])
  console.log(`listening on http://127.0.0.1:${listener.getsockname().port}`)
  for (;;) {
    const [client] = listener.accept()
    try {
      const head = readHead(client)
      if (head !== null) client.sendall(answer(head))
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
    }
    client.close()
  }
}

function byTheParser(): void {
  const server = serve(({ method, path, body }) => ({ body: `${method} ${path}\n${body.toString()}` }), {
    port: Number(port),
  })
  console.log(`listening on http://127.0.0.1:${server.port}`)
}

const ways: Record<string, () => void> = { nothing: fromNothing, parser: byTheParser }
if (way === 'ways') console.log(Object.keys(ways).join(' '))
else ways[way]?.()
