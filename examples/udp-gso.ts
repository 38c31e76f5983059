// Sends the same datagrams over the loopback in three ways: a system call for each, a call for a batch (sendmmsg,
// recvmmsg), and a call for a buffer that the kernel splits into datagrams (UDP_SEGMENT) and joins (UDP_GRO). udp(7)
import { parseArgs } from 'node:util'
import {
  AF_INET,
  CMSG_SPACE,
  IPPROTO_UDP,
  meaningOf,
  MessageBatch,
  SO_RCVBUF,
  SOCK_DGRAM,
  Socket,
  SOL_SOCKET,
} from 'bsd-sockets'
import { supports, UDP_GRO, UDP_SEGMENT } from 'bsd-sockets'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '64000' },
    help: { type: 'boolean', short: 'h', default: false },
    port: { type: 'string', default: '0' },
    size: { type: 'string', default: '1000' },
  },
})
if (values.help) {
  console.log(
    'usage: udp-gso [--count 64000] [--size 1000] [--port 0]\n\nSends so many datagrams of so many bytes. Linux.',
  )
  process.exit()
}
const [count, size] = [Number(values.count), Number(values.size)]
const burst = Math.min(60, Math.floor(65_000 / size)) // what fits into one buffer

const receiver = new Socket(AF_INET, SOCK_DGRAM)
receiver.bind(['127.0.0.1', Number(values.port)])
receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, 4 << 20)
receiver.settimeout(5000)
const sender = new Socket(AF_INET, SOCK_DGRAM)
sender.connect(receiver.getsockname())

const payload = Buffer.alloc(size * burst, 'datagram')
let calls = 0

/** Sends and receives one burst. Returns the number of datagrams. */
type Way = () => number

const oneByOne: Way = () => {
  for (let i = 0; i < burst; i++) sender.send(payload.subarray(i * size, (i + 1) * size))
  for (let i = 0; i < burst; i++) receiver.recv(size)
  calls += 2 * burst
  return burst
}

const batch = new MessageBatch(burst, size, { nameSize: 0 })
for (let i = 0; i < burst; i++) batch.set(i, payload.subarray(i * size, (i + 1) * size))
const room = new MessageBatch(burst, size, { nameSize: 0 })

const batches: Way = () => {
  sender.sendmmsg(batch)
  calls++
  let received = 0
  for (; received < burst; calls++) received += receiver.recvmmsg(room)
  return received
}

const whole = Buffer.alloc(65_536)

const segments: Way = () => {
  sender.sendmsg([payload], [{ segmentSize: size }])
  calls++
  let received = 0
  for (; received < burst; calls++) {
    const { size: length, control } = receiver.recvmsgInto([whole], CMSG_SPACE(4))
    const { segmentSize = length } = meaningOf(control)
    received += Math.ceil(length / segmentSize)
  }
  return received
}

function measure(name: string, way: Way): void {
  calls = 0
  let datagrams = 0
  const start = performance.now()
  while (datagrams < count) datagrams += way()
  const seconds = (performance.now() - start) / 1000
  const rate = Math.round(datagrams / seconds).toLocaleString('en')
  console.log(`${name.padEnd(22)} ${datagrams} datagrams, ${calls} system calls, ${rate} datagrams a second`)
}

measure('one by one', oneByOne)
measure('sendmmsg, recvmmsg', batches)
if (supports.option(IPPROTO_UDP, UDP_SEGMENT) && supports.option(IPPROTO_UDP, UDP_GRO)) {
  receiver.setsockopt(IPPROTO_UDP, UDP_GRO!, true)
  measure('UDP_SEGMENT, UDP_GRO', segments)
} else console.log('this kernel has no UDP_SEGMENT')
for (const socket of [sender, receiver]) socket.close()
