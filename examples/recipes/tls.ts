// TLS over a socket that `tls` cannot open itself: here a Unix socket with an abstract name. unix(7)
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { AF_UNIX } from 'bsd-sockets'
import type { UnixAddress } from 'bsd-sockets'
import { createConnection } from 'bsd-sockets/promises'
import tls from 'node:tls'
import { Socket } from 'bsd-sockets/promises'
import { toDuplex } from 'bsd-sockets/streams'

/** The server's end of TLS over an accepted socket, which it owns from now on. */
function secureServer(client: Socket, secureContext: tls.SecureContext, timeout: number): tls.TLSSocket {
  const secure = new tls.TLSSocket(toDuplex(client), { isServer: true, secureContext })
  return secure.setTimeout(timeout, () => secure.destroy(new Error('silent for too long'))) // also in the handshake
}

/** The client's end of TLS over a connected socket; `servername` is the name in the server's certificate. */
function secureClient(socket: Socket, servername: string, ca: Buffer | undefined, timeout: number): tls.TLSSocket {
  const secure = tls.connect({ socket: toDuplex(socket), servername, ca })
  return secure.setTimeout(timeout, () => secure.destroy(new Error('silent for too long')))
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ca: { type: 'string' },
    cert: { type: 'string', default: 'cert.pem' },
    help: { type: 'boolean', short: 'h', default: false },
    key: { type: 'string', default: 'key.pem' },
    name: { type: 'string', default: 'tls-example' },
    timeout: { type: 'string', default: '10000' },
  },
})
if (values.help) {
  console.log(
    'usage: tls server --key FILE --cert FILE [--name NAME] [--timeout 10000]\n' +
      '       tls client --ca FILE [--name NAME] [--timeout 10000] TEXT…',
  )
  process.exit()
}
const address: UnixAddress = { family: 'unix', abstract: values.name }
const timeout = Number(values.timeout)

async function serve(): Promise<void> {
  const secureContext = tls.createSecureContext({ key: readFileSync(values.key), cert: readFileSync(values.cert) })
  const server = new Socket(AF_UNIX)
  server.bind(address)
  server.listen()
  console.log(`listening on ${values.name}`)
  process.once('SIGINT', () => server.close())
  for await (const [client] of server.connections()) {
    const secure = secureServer(client, secureContext, timeout)
    pipeline(secure, secure).catch((error: unknown) => console.log((error as Error).message))
  }
}

async function ask(question: string): Promise<void> {
  const ca = values.ca === undefined ? undefined : readFileSync(values.ca)
  const secure = secureClient(await createConnection(address, { timeout }), 'localhost', ca, timeout)
  secure.end(question)
  console.log(await text(secure))
}

if (positionals[0] === 'client') await ask(positionals.slice(1).join(' '))
else await serve()
