// Between processes of one machine: paths, who is at the other end, and descriptors in a message.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AF_UNIX, peerCredentials, Socket } from 'bsd-sockets'

const folder = mkdtempSync(join(tmpdir(), 'guide-'))
const path = join(folder, 'socket')

const listener = new Socket(AF_UNIX)
listener.bind(path)
listener.listen()
const client = new Socket(AF_UNIX)
client.connect(path)
const [server] = listener.accept()

console.log('the client is this process:', peerCredentials(server).pid === process.pid)

const file = join(folder, 'file')
writeFileSync(file, 'what is in the file')
const opened = openSync(file, 'r')
client.sendFds('a file', [opened])
closeSync(opened) // what was sent is a duplicate
const { data, fds } = server.recvFds(100, 1)
console.log('received', data.toString(), 'and', fds.length, 'descriptor')
console.log('it reads', readFileSync(fds[0]!.fd, 'utf8'))

for (const each of [...fds, server, client, listener]) each.close()
rmSync(folder, { recursive: true }) // close leaves the path of the listener behind
