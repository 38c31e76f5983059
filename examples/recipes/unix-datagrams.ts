// Sends log lines or metrics to a daemon of this machine: syslog's /dev/log, or a statsd that has a Unix socket. It never
// waits for the daemon: what it does not take is dropped and counted. unix(7), syslog(3), RFC 3164
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { AF_UNIX, isSocketError, SOCK_DGRAM, Socket } from 'bsd-sockets'

/** Sends each message as a datagram, without waiting. */
class Sender {
  sent = 0
  dropped = 0
  readonly #socket = new Socket(AF_UNIX, SOCK_DGRAM)
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  send(message: string): void {
    try {
      // By the path each time, without connect: so a daemon that was started again is found.
      const count = this.#socket.trySendto(message, this.#path)
      if (count === null)
        this.dropped++ // its queue is full
      else this.sent++
    } catch (error) {
      if (!isSocketError(error)) throw error
      if (this.dropped++ === 0) console.error(error.message) // ENOENT or ECONNREFUSED: the daemon is not there
    }
  }

  close(): void {
    this.#socket.close()
  }
}

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    path: { type: 'string', default: '/dev/log' },
    statsd: { type: 'boolean', default: false },
    tag: { type: 'string', default: basename(import.meta.filename, '.js') },
  },
})
if (values.help) {
  console.log(
    'usage: unix-datagrams [--path /dev/log] [--tag NAME] [--statsd]\n\n' +
      'Sends the lines of its standard input to syslog, or as they are, for example requests:1|c, to statsd.',
  )
  process.exit()
}
const sender = new Sender(values.path)
const head = values.statsd ? '' : `<14>${values.tag}[${process.pid}]: ` // facility user, severity info
for await (const line of createInterface({ input: process.stdin })) sender.send(head + line)
sender.close()
console.log(`${sender.sent} sent, ${sender.dropped} dropped`)
if (sender.dropped > 0) process.exitCode = 1
