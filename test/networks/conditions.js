// What can be wrong with a network or with the other end. `tunnel`: settings of tunnel.c. `server`, `client`: commands that are run on that
// side before the server starts. `lossy`: datagrams may be lost. `count`: what the tunnel has to have done,
// by the name of its count. `stream`: it is nothing for datagrams.
// `run`: what happens; default: a client sends and receives `size` bytes, of which none may be missing.
// The cell that `run` is given is described in networks.js.
import { setTimeout as sleep } from 'node:timers/promises'

const sysctl = settings => Object.entries(settings).map(([name, value]) => `echo '${value}' >/proc/sys/net/${name}`)

// A chain for packets that arrive.
const chain = 'nft add table inet t && nft add chain inet t in "{ type filter hook input priority 0; }"'
const rule = text => `nft add rule inet t in iifname tun0 ${text}`
const noRules = 'nft flush chain inet t in'

// A connection whose peer is gone without a word ends in seconds instead of hours. tcp(7)
const impatient = sysctl({
  'ipv4/tcp_retries2': 3,
  'ipv4/tcp_keepalive_time': 1,
  'ipv4/tcp_keepalive_intvl': 1,
  'ipv4/tcp_keepalive_probes': 2,
})

// Bytes: more than the buffers of both ends hold.
const unbearable = 64 << 20

export const conditions = [
  {
    name: 'loopback',
    // Without the tunnel: the client is on the server's side.
    loopback: true,
  },
  { name: 'loss', count: 'lost', lossy: true, tunnel: { loss: 3, delay: 5 } },
  { name: 'delay', tunnel: { delay: 100 } },
  { name: 'reordering', count: 'reordered', tunnel: { delay: 5, jitter: 5 } },
  { name: 'duplication', count: 'duplicated', tunnel: { duplicate: 20, delay: 1 } },
  { name: 'bit flips', count: 'flipped', lossy: true, tunnel: { flip: 3, delay: 2 } },
  { name: 'tiny MTU', tunnel: { mtu: 128 } },
  { name: 'narrow line', count: 'overflowed', lossy: true, tunnel: { rate: 20_000, queue: 20, delay: 5 } },
  {
    name: 'all of these',
    lossy: true,
    tunnel: { loss: 1, delay: 10, jitter: 3, duplicate: 2, flip: 1, mtu: 1000, rate: 50_000 },
  },
  {
    name: 'drops by nft',
    lossy: true,
    server: [chain, rule('meta l4proto { tcp, udp } numgen inc mod 40 == 7 drop')],
    client: [chain, rule('meta l4proto { tcp, udp } numgen inc mod 40 == 17 drop')],
  },
  {
    name: 'resets by nft',
    server: [chain, ...impatient],
    stream: true,
    // The client's segment is answered by a reset; the server is told nothing until it sends again, or keep-alive does.
    async run(cell) {
      cell.on('server', rule('meta l4proto tcp numgen inc mod 25 == 20 reject with tcp reset'))
      let lost = 0
      for (let i = 0; i < 3; i++) {
        const { right, error } = await cell.transfer()
        if (error !== undefined) lost += cell.expectError(error, 'ECONNRESET', 'EPIPE', 'ECONNREFUSED')
        else if (!right) cell.wrong('a client has got less than the whole, and no error')
      }
      if (lost === 0) cell.wrong('no client was reset')
      cell.on('server', noRules)
      await cell.quiet()
      return 'e'
    },
  },
  {
    name: 'half-open, with bytes under way',
    server: [chain, ...impatient],
    stream: true,
    async run(cell) {
      await cell.do('neverRead', { size: unbearable })
      cell.on('server', rule('drop'))
      await cell.killClients()
      await cell.quiet()
      await cell.rested()
      cell.on('server', noRules)
    },
  },
  {
    name: 'half-open, idle',
    server: [chain, ...impatient],
    stream: true,
    async run(cell) {
      await cell.do('hold', { count: 3 })
      await cell.accepted(3)
      cell.on('server', rule('drop'))
      await cell.killClients()
      await cell.rested()
      cell.on('server', noRules)
    },
  },
  {
    name: 'a peer that never reads',
    stream: true,
    async run(cell) {
      const { error } = await cell.do('neverRead', { size: unbearable })
      // http ends such a client after its time.
      cell.expectError(error, 'ETIMEDOUT', ...(cell.program.protocol === 'http' ? ['ECONNRESET', 'EPIPE'] : []))
      await cell.quiet()
      await cell.goodMeanwhile()
      await cell.do('release')
    },
  },
  {
    name: 'a byte a second',
    stream: true,
    async run(cell) {
      const trickle = cell.do('trickle', { bytes: cell.slow, pause: 1000 })
      await cell.goodMeanwhile()
      await cell.quiet()
      const { heard, error } = await trickle
      if (cell.program.protocol === 'echo') {
        if (heard !== true) cell.wrong(`the bytes have not come back: ${error}`)
      } else if (cell.slow > 3) {
        if (!/^HTTP\/1.1 408 /.test(heard)) cell.wrong(`not 408 but ${heard} ${error}`)
      }
    },
  },
  {
    name: 'resets in the queue of accept',
    stream: true,
    async run(cell) {
      cell.signal('SIGSTOP')
      await cell.do('reset', { count: 20 })
      await sleep(50) // for the resets to arrive
      cell.signal('SIGCONT')
      await cell.rested()
    },
  },
  {
    name: 'backlog overflow',
    server: sysctl({ 'core/somaxconn': 1, 'ipv4/tcp_syncookies': 0 }),
    stream: true,
    async run(cell) {
      cell.signal('SIGSTOP')
      const clients = Array.from({ length: 6 }, (_, i) => cell.transfer({ floor: cell.asynchronous(i), size: 5000 }))
      await sleep(300)
      cell.signal('SIGCONT')
      for (const { right, error } of await Promise.all(clients)) if (!right) cell.wrong(`a client was lost: ${error}`)
    },
  },
  {
    name: 'no free port',
    client: sysctl({ 'ipv4/ip_local_port_range': '40000 40007' }),
    stream: true,
    async run(cell) {
      const { error } = await cell.do('hold', { count: 20 })
      cell.expectError(error, 'EADDRNOTAVAIL')
      const refused = await cell.transfer({ size: 5000 })
      cell.expectError(refused.error, 'EADDRNOTAVAIL')
      await cell.do('release')
      await cell.rested()
    },
  },
  {
    name: 'tiny buffers',
    server: sysctl({ 'ipv4/tcp_rmem': '9216 9216 9216', 'ipv4/tcp_wmem': '4608 4608 4608' }),
    client: sysctl({ 'ipv4/tcp_rmem': '9216 9216 9216', 'ipv4/tcp_wmem': '4608 4608 4608' }),
    stream: true,
  },
]
