// An http server as a service of systemd: it takes the socket that systemd has opened (socket activation), tells when it is
// ready, and that it is alive (watchdog). Without systemd it is an ordinary server. sd_listen_fds(3), sd_notify(3)
import { parseArgs } from 'node:util'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { AF_UNIX, isSocketError, SOCK_DGRAM, Socket } from 'bsd-sockets'
import { listenFds, listenNet } from 'bsd-sockets/streams'

/** Tells the service manager, if there is one: 'READY=1', 'STATUS=…', 'WATCHDOG=1', 'STOPPING=1'. Never waits. */
function notify(state: string): void {
  const path = process.env.NOTIFY_SOCKET
  if (!path) return
  const socket = new Socket(AF_UNIX, SOCK_DGRAM)
  try {
    socket.trySendto(state, path.replace(/^@/, '\0')) // @ stands for an abstract name
  } catch (error) {
    if (!isSocketError(error)) throw error
    console.error(`cannot notify the service manager: ${error.message}`) // the service goes on
  } finally {
    socket.close()
  }
}

/** Tells the service manager twice in each WatchdogSec= that the event loop turns. sd_watchdog_enabled(3) */
function keepWatchdogQuiet(): void {
  const { WATCHDOG_USEC, WATCHDOG_PID = process.pid } = process.env
  if (!WATCHDOG_USEC || Number(WATCHDOG_PID) !== process.pid) return
  setInterval(notify, Number(WATCHDOG_USEC) / 2000, 'WATCHDOG=1').unref()
}

/** Listens on the socket of the service manager; if there is none, on a port. */
async function start(port: number): Promise<void> {
  const server = createServer((_, response) => response.end('hello\n'))
  const [activated] = listenFds()
  if (activated !== undefined) await listenNet(server, activated.socket)
  else await once(server.listen(port, '127.0.0.1'), 'listening')
  const address = server.address()
  console.log('listening on', typeof address === 'object' ? address?.port : address)
  process.once('SIGTERM', () => {
    notify('STOPPING=1')
    server.close() // requests under way are answered
  })
  notify('READY=1') // last: from now on it may get SIGTERM
  keepWatchdogQuiet()
}

const { values } = parseArgs({
  options: { help: { type: 'boolean', short: 'h', default: false }, port: { type: 'string', default: '8000' } },
})
if (values.help) {
  console.log('usage: systemd [--port 8000]   the port is used if systemd passes no socket')
  process.exit()
}
try {
  await start(Number(values.port))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
