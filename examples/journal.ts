// Collects the log lines of this machine's programs over a Unix datagram socket, as syslog does. A long entry comes as the
// descriptor of an open file, which is not copied; the kernel says which process has sent it. unix(7)
import { closeSync, fstatSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { AF_UNIX, CMSG_SPACE, meaningOf, SO_PASSCRED, SOCK_DGRAM, SOL_SOCKET } from 'bsd-sockets'
import type { ReceivedFds } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    file: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
    path: { type: 'string', default: join(tmpdir(), 'journal.sock') },
  },
})
if (values.help) {
  console.log(
    'usage: journal [--path PATH]                    prints what comes, until Ctrl-C\n' +
      '       journal send [--path PATH] TEXT          sends a line\n' +
      '       journal send [--path PATH] --file FILE   sends a file, by its descriptor',
  )
  process.exit()
}

const credentialsSize = 12 // struct ucred: three integers

/** The text of an entry: that of its file, if it has one. A peer may send the descriptor of anything. */
function textOf({ data, fds: [file] }: ReceivedFds): string {
  if (file === undefined) return data.toString()
  try {
    return fstatSync(file.fd).isFile() ? readFileSync(file.fd, 'utf8') : 'a descriptor that is no file'
  } finally {
    file.close()
  }
}

async function receive(): Promise<void> {
  const socket = new Socket(AF_UNIX, SOCK_DGRAM)
  if (SO_PASSCRED !== undefined) socket.setsockopt(SOL_SOCKET, SO_PASSCRED, true)
  socket.bind(values.path)
  process.once('SIGINT', () => socket.close()) // which ends the loop
  console.log(`listening on ${values.path}`)
  for await (const message of socket.messages({ maxFds: 1, controlSize: CMSG_SPACE(credentialsSize) })) {
    const sender = meaningOf(message.control).credentials
    const cut = message.truncated ? ' (cut off)' : ''
    console.log(`process ${sender?.pid ?? 'unknown'}: ${textOf(message).trimEnd()}${cut}`)
  }
  rmSync(values.path)
}

async function send(): Promise<void> {
  const socket = new Socket(AF_UNIX, SOCK_DGRAM)
  await socket.connect(values.path)
  if (values.file === undefined) await socket.send(positionals.slice(1).join(' '))
  else {
    const file = openSync(values.file, 'r')
    await socket.sendFds('', [file])
    closeSync(file) // the receiver has one of its own
  }
  socket.close()
}

await (positionals[0] === 'send' ? send() : receive())
