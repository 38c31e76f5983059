// Load: graceful stops of every server, a short soak, and half a million messages; the campaigns `stop`, `soak` and
// `messages` are the same programs with larger sizes. See docs/reliability/load.md.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { root } from '../../scripts/stamp.js'

if (process.platform !== 'linux') {
  console.log('skipped: it reads /proc')
  process.exit(77)
}

async function run(name, ...args) {
  const child = spawn(process.execPath, [join(root, 'test/load', name), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', text => (output += text))
  const [status] = await once(child, 'close')
  console.log(`${name} ${args.join(' ')}\n${output}`)
  if (status !== 0) process.exitCode = 1
}

// They wait most of the time, so they run at the same time.
await Promise.all([run('stop.js', '1'), run('soak.js', '25'), run('messages.js', '500000')])
