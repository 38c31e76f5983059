// Traces the system calls of one request to examples/gateway with strace(1), on Linux, and writes them into
// docs/guide/one-request.md. With --check, writes nothing; the status is 0 if the page has the same calls.
import { deepEqual } from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from './stamp.js'

const page = join(root, 'docs/guide/one-request.md')
const block = /(?<=<!-- trace -->\n\n```\n)[^]*?(?=```\n)/

// The calls on the listening socket and on the connection.
async function traceRequest() {
  const folder = mkdtempSync(join(tmpdir(), 'trace-'))
  const file = join(folder, 'trace')
  const options = ['-qq', '-s', '40', '-e', 'trace=%network,close,epoll_ctl', '-o', file]
  const program = [process.execPath, join(root, 'build/programs/examples/gateway.js'), '--port', '0']
  const strace = spawn('strace', [...options, ...program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise(resolve => strace.once('close', resolve))
  try {
    const port = await listening(strace.stdout)
    while (!readFileSync(file, 'utf8').includes(' EAGAIN ')) await sleep(10) // until it waits for a client
    const curl = spawnSync('curl', ['-sS', '-X', 'GET', `http://127.0.0.1:${port}/products/`], { encoding: 'utf8' })
    if (curl.status !== 0) throw new Error(`curl: ${curl.stderr}`)
    const gateway = Number(readFileSync(`/proc/${strace.pid}/task/${strace.pid}/children`, 'utf8'))
    process.kill(gateway, 'SIGINT') // strace itself takes no notice of signals
    await ended
    return choose(readFileSync(file, 'utf8').split('\n'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function listening(stream) {
  return new Promise((resolve, reject) => {
    let text = ''
    stream.setEncoding('utf8').on('data', data => {
      text += data
      const port = /^listening on .*:(\d+)$/m.exec(text)?.[1]
      if (port !== undefined) resolve(port)
    })
    stream.once('end', () => reject(new Error('the gateway has ended')))
  })
}

// Names the descriptors. Of repeated calls that found nothing ready, whose number depends on time, keeps the first.
function choose(all) {
  const lines = all.slice(all.findIndex(line => line.startsWith('socket(AF_INET')))
  const idle = lines.findIndex(line => line.includes(' EAGAIN '))
  const [, listener] = / = (\d+)$/.exec(lines[0])
  const [, connection] = /(\d+)$/.exec(lines.find(line => /^accept4\(.* = \d+$/.test(line)))
  const mine = new RegExp(
    `^(?:socket\\(AF_INET|epoll_ctl\\(\\d+, EPOLL_CTL_ADD, ${listener},|\\w+\\((?:${listener}|${connection})\\b)`,
  )
  const named = line =>
    line
      .replace(/^epoll_ctl\(\d+/, 'epoll_ctl(poller')
      .replace(
        new RegExp(`(?<=\\(|, )${listener}(?=[,)])|(?<=fd=|u32=|u64=)${listener}\\b|(?<== )${listener}$`, 'g'),
        'listener',
      )
      .replace(new RegExp(`(?<=\\()${connection}(?=[,)])|(?<== )${connection}$`, 'g'), 'connection')
      .replace(/ +=/, ' =')
      .replace(/0x[\da-f]+/g, '…')
  return lines.filter((line, i) => mine.test(line) && (i === idle || !line.includes(' EAGAIN '))).map(named)
}

// The call and its descriptor.
const callOf = line => /^\w+\((?:poller, EPOLL_CTL_ADD, )?\w+/.exec(line)[0]

const trace = await traceRequest()
const text = readFileSync(page, 'utf8')
if (process.argv[2] === '--check') {
  const told = block.exec(text)[0].trimEnd().split('\n')
  deepEqual(told.map(callOf), trace.map(callOf))
} else {
  writeFileSync(
    page,
    text.replace(block, () => `${trace.join('\n')}\n`),
  )
}
