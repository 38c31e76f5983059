// Ten thousand open connections to one server, with each byte checked; and a thousand clients of the example echo-loop
// that behave as telnet does. Client and server are separate processes: each has a descriptor for each connection.
//
// CONNECTIONS is the number of connections; default: 10,000. It tells the growth of the server's memory for each of them,
// which is not judged.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Socket } from 'bsd-sockets/promises'
import { root } from '../../scripts/stamp.js'

const count = Number(process.env.CONNECTIONS ?? 10_000)
const limit = Number(spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout)
if (limit < count + 100) {
  console.log(`skipped: a process may have ${limit} descriptors at most, and this test needs ${count + 100}`)
  process.exit(77)
}
setTimeout(() => {
  console.log('failed: not done after four minutes')
  process.exit(1)
}, 240_000).unref()

/** Runs `use` with the address of a server that prints `listening on HOST:PORT`. */
async function withServer(file, args, use) {
  const server = spawn(process.execPath, [join(root, file), ...args, '--port', '0'], { stdio: ['ignore', 'pipe', 2] })
  const ended = once(server, 'close')
  try {
    let output = ''
    server.stdout.setEncoding('utf8').on('data', text => (output += text))
    while (!output.includes('\n')) await once(server.stdout, 'data')
    const [, port] = /^listening on \S+:(\d+)\n/.exec(output)
    await use(Number(port), server.pid)
    return output
  } finally {
    server.kill()
    await ended
  }
}

/** Runs all of these, at most `width` at once. */
async function each(items, width, action) {
  const rest = items.entries()
  const one = async () => {
    for (const [i, item] of rest) await action(item, i)
  }
  await Promise.all(Array.from({ length: width }, one))
}

/** Connected sockets, to several 127.x addresses: each has its own ports, and one address may have too few. */
async function open(port, length) {
  const sockets = Array.from({ length }, () => new Socket())
  await each(sockets, 100, async (socket, i) => {
    if (process.platform === 'linux') socket.bind([`127.0.0.${2 + (i % 4)}`, 0])
    await socket.connect(['127.0.0.1', port])
  })
  return sockets
}

// Bytes that differ between connections and between rounds.
function bytesOf(connection, round) {
  const bytes = Buffer.alloc(64 + (connection % 1000))
  for (let i = 0; i + 4 <= bytes.length; i += 4) bytes.writeUInt32LE((connection * 8 + round) * 1024 + i, i)
  return bytes
}

async function exactly(socket, length) {
  const chunks = []
  for (let left = length; left > 0;) {
    const chunk = await socket.recv(left, 0, { timeout: 60_000 })
    assert.ok(chunk.length > 0, 'the server has closed a connection')
    chunks.push(chunk)
    left -= chunk.length
  }
  return Buffer.concat(chunks)
}

const head = length => Buffer.from(`POST /echo HTTP/1.1\r\nHost: connections\r\nContent-Length: ${length}\r\n\r\n`)

// An answer has this many bytes besides its content. Dates have one length.
const answerHead = length =>
  'HTTP/1.1 200 OK\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Type: application/octet-stream\r\nContent-Length: \r\n\r\n'
    .length + String(length).length

/** What a client sends to get `bytes` back, and how many bytes come before them. */
const programs = {
  echo: bytes => [bytes, 0],
  http: bytes => [Buffer.concat([head(bytes.length), bytes]), answerHead(bytes.length)],
}

// Linux: the resident memory of a process, in bytes. proc(5)
const memoryOf = pid =>
  process.platform === 'linux'
    ? 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])
    : NaN

async function converse(port, pid, program) {
  const before = memoryOf(pid)
  const sockets = await open(port, count)
  const idle = (memoryOf(pid) - before) / count
  let bytes = 0
  for (let round = 0; round < 3; round++) {
    // All send before the first receives, so that all bytes are in transit at once.
    await Promise.all(sockets.map((socket, i) => socket.sendall(programs[program](bytesOf(i, round))[0])))
    await Promise.all(
      sockets.map(async (socket, i) => {
        const expected = bytesOf(i, round)
        const [, before] = programs[program](expected)
        const received = await exactly(socket, before + expected.length)
        assert.ok(expected.equals(received.subarray(before)), `connection ${i} got other bytes`)
        bytes += expected.length
      }),
    )
  }
  const used = (memoryOf(pid) - before) / count
  for (const socket of sockets) socket.close()
  console.log(
    `${count} connections, ${bytes} bytes returned and checked; memory of the server for a connection: ` +
      `${Math.round(idle)} bytes when it is new, ${Math.round(used)} after three rounds`,
  )
}

/** Behaves as a person at telnet: sends a line, receives its echo, the same with another line, and closes. */
async function type(port, length) {
  const sockets = await open(port, length)
  for (const line of ['hello world!\r\n', 'and again\r\n']) {
    await Promise.all(
      sockets.map(async (socket, i) => {
        const typed = `${i}: ${line}`
        await socket.sendall(typed)
        assert.equal(String(await exactly(socket, typed.length)), typed)
      }),
    )
  }
  for (const socket of sockets) socket.close()
}

for (const [program, mode] of [
  ['echo', 'promises'],
  ['echo', 'reactor'],
  ['http', 'promises'],
  ['http', 'reactor'],
]) {
  console.log(`${program} --mode ${mode}`)
  const limit =
    program === 'http'
      ? ['--max-connections', `${count}`, '--idle-timeout', '600000', '--header-timeout', '600000']
      : []
  const args = [program, '--mode', mode, ...limit]
  await withServer('bin/bsd-sockets.js', args, (port, pid) => converse(port, pid, program))
}
console.log('echo-loop')
const output = await withServer('build/programs/examples/echo-loop.js', [], port => type(port, 1000))
assert.equal(new Set(output.match(/^Connection from 127\.0\.0\.\d:\d+$/gm)).size, 1000)
console.log('1000 clients at once, and the server has printed the address of each')
