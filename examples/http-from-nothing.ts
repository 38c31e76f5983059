// An HTTP server made from a socket only: http://localhost:5000 in a browser, or `curl -v localhost:5000`.
// With --hello it is only the first step: it answers `hello world` to every request.
import { parseArgs } from 'node:util'
import { AF_INET, getaddrinfo, SO_REUSEADDR, SOCK_STREAM, Socket, SocketError, SOL_SOCKET } from 'bsd-sockets'

const { values } = parseArgs({
  options: { port: { type: 'string', default: '5000' }, hello: { type: 'boolean', default: false } },
})

interface Page {
  type: string
  body: string
}

const html = (title: string, text: string): Page => ({
  type: 'text/html; charset=utf-8',
  body: `<!doctype html>\n<title>${title}</title>\n<link rel="icon" href="/favicon.ico">\n<h1>${title}</h1>\n<p>${text}</p>\n`,
})

const routes = new Map<string, Page>([
  ['/', html('From nothing', 'This page came out of a socket. There is <a href="/blog">another</a>.')],
  ['/blog', html('Blog', 'Status line, headers, an empty line, the body: that is a response.')],
  // Browsers and crawlers request these by themselves.
  ['/robots.txt', { type: 'text/plain; charset=utf-8', body: 'User-agent: *\nDisallow:\n' }],
  [
    '/favicon.ico',
    {
      type: 'image/svg+xml',
      body: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><circle cx="1" cy="1" r="1" fill="teal"/></svg>\n',
    },
  ],
])

/** The method and the URL of a request line, or null if it is malformed. RFC 9112 */
function parseRequest(request: string): [method: string, url: string] | null {
  const [, method, url] = /^([A-Z]+) (\S+) HTTP\/1\.[01]\r\n/.exec(request) ?? []
  return method === undefined || url === undefined ? null : [method, url]
}

function generateResponse(request: string): Buffer {
  const parsed = parseRequest(request)
  if (parsed === null) return respond('400 Bad Request', html('400', 'That is no HTTP request.'))
  const [method, url] = parsed
  const page = routes.get(url.split('?', 1)[0]!)
  if (page === undefined) return respond('404 Not Found', html('404', 'There is no such page.'))
  if (method !== 'GET') return respond('405 Method Not Allowed', html('405', 'GET is all there is.'), 'Allow: GET\r\n')
  return respond('200 OK', page)
}

function respond(status: string, { type, body }: Page, more = ''): Buffer {
  const headers = `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n${more}`
  return Buffer.from(`HTTP/1.1 ${status}\r\n${headers}\r\n${body}`)
}

/** The head of a request, which may come in pieces and ends with an empty line; '' if the client sends nothing. */
function receiveRequest(client: Socket): string {
  let request = ''
  while (!request.includes('\r\n\r\n') && request.length < 65_536) {
    const data = client.recv(1024)
    if (data.length === 0) break
    request += data.toString('latin1')
  }
  return request
}

// connect and bind take numeric addresses. getaddrinfo looks a name up, and may find several.
const [localhost] = getaddrinfo('localhost', values.port, { family: AF_INET, type: SOCK_STREAM })
const server = new Socket(localhost!.family, localhost!.type, localhost!.protocol)
server.setsockopt(SOL_SOCKET, SO_REUSEADDR, true) // else bind fails while old connections are in TIME_WAIT
server.bind(localhost!.address)
server.listen()
console.log('listening on', server.getsockname())

for (;;) {
  const [client, address] = server.accept()
  client.settimeout(2000) // browsers open connections ahead of need, and say nothing
  try {
    const request = receiveRequest(client)
    console.log(request)
    console.log(address)
    if (request !== '')
      client.sendall(
        values.hello ? respond('200 OK', { type: 'text/plain', body: 'hello world' }) : generateResponse(request),
      )
  } catch (error) {
    if (!(error instanceof SocketError)) throw error
    console.log(error.message) // this client has gone: on to the next
  } finally {
    client.close()
  }
}
