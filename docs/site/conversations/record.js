// Records the conversations of programs.js by `bsd-sockets trace`. Run as a program, it writes each to its file, and
// the picture of README.md.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../../scripts/run.js'
import { root } from '../../../scripts/stamp.js'
import { programs } from './programs.js'

const here = import.meta.dirname

/** The events of a run, in the order in which they ended; but what a call caused comes after it. */
function inOrder(events) {
  const waiting = new Map(
    events.sort((a, b) => (a.ended ?? Infinity) - (b.ended ?? Infinity)).map(event => [event.number, event]),
  )
  const ordered = []
  const place = event => {
    if (!waiting.delete(event.number)) return
    for (const { from } of event.arrows ?? []) if (waiting.has(from)) place(waiting.get(from))
    ordered.push(event)
  }
  for (const event of events) place(event)
  return ordered
}

const waits = /^(?:e?poll|p?select)/
const shown = /^(?:socket|bind|listen|connect|accept4?|send|recv|shutdown|close|setsockopt|getsockname)/

/** The calls of the conversation alone: not how the server began to wait, what it does with duplicates, and how it ends. */
function ofConversation(calls, isServer) {
  const first = calls.findIndex(event => !isServer(event))
  const last = calls.findLastIndex(event => !isServer(event))
  const listening = event => event.sockets.every(({ state }) => state === 'LISTEN')
  return calls.filter((event, index) => {
    if (waits.test(event.call)) return event.result !== 0 && index > first && index < last
    if (!shown.test(event.call)) return false
    if (event.call === 'close' && listening(event) && event.states === undefined) return false
    return index < last || !event.sockets.some(({ number }) => number === calls[0].sockets[0].number)
  })
}

/** What the picture needs of the events, with 9999 and 50000 for the two ports. */
function conversationOf(events) {
  const calls = inOrder(events.filter(({ kind, sockets, ended }) => kind === 'call' && sockets.length > 0 && ended))
  const listener = calls.find(({ call }) => call === 'listen')
  const isServer = ({ pid }) => pid === listener.pid
  const portOf = address => /\d+$/.exec(address)[0]
  const port = portOf(listener.sockets[0].local)
  const own = portOf(calls.find(event => event.call === 'connect' && event.result === 0).sockets[0].local)
  const text = value =>
    value
      ?.replaceAll(`:${port}`, ':9999')
      .replaceAll(`:${own}`, ':50000')
      .replaceAll(/0x[\da-f]{5,}/g, '…')
  const numbers = new Map() // of the sockets, in the order in which they appear
  const numberOf = number => numbers.get(number) ?? (numbers.set(number, numbers.size + 1), numbers.size)
  return ofConversation(calls, isServer).map(event => ({
    side: isServer(event) ? 'server' : 'client',
    call: event.call,
    args: event.args.map(text),
    result: event.result,
    errno: event.errno,
    sockets: event.sockets
      .filter(({ protocol }) => protocol === 'TCP')
      .map(({ number, local, peer }) => ({ number: numberOf(number), local: text(local), peer: text(peer) })),
    bytes: event.bytes === undefined ? undefined : Buffer.from(event.bytes, 'base64').toString('latin1'),
    size: event.size,
    states: event.states?.map(({ socket, state }) => ({ socket: numberOf(socket), state })),
    manual: event.manual,
  }))
}

/** Runs a conversation once. */
export function record(name) {
  const folder = mkdtempSync(join(tmpdir(), 'conversation-'))
  try {
    const file = join(folder, 'trace.json')
    const args = ['trace', '-o', file, '--sockets', 'tcp', '--bytes', '2000', '--', join(here, 'both.js'), name]
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'bin/bsd-sockets.js'), ...args], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${name}: exit status ${status}: ${stderr}`)
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    return conversationOf(lines.map(line => JSON.parse(line)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The file of a conversation. */
export const fileOf = name => join(here, `${name}.json`)

/** The picture of README.md: its ten lines, with a client. */
function drawTenLines() {
  const [server, client] = ['echo-server', 'echo-message-client'].map(name => `node build/programs/examples/${name}.js`)
  const both = `${server} 9999 & sleep 1; ${client} --port 9999; kill $!`
  const output = ['-o', 'docs/images/ten-lines.svg', '--sockets', '9999', '--calls', 'names,connect,data,close,options']
  run(process.execPath, ['bin/bsd-sockets.js', 'trace', ...output, '--', 'sh', '-c', both], { stdio: 'ignore' })
}

if (process.argv[1] === import.meta.filename) {
  for (const name of Object.keys(programs)) {
    const lines = record(name).map(event => JSON.stringify(event))
    writeFileSync(fileOf(name), `[\n${lines.join(',\n')}\n]\n`)
    console.log(`${name}: ${lines.length} calls`)
  }
  drawTenLines()
}
