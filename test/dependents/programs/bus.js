// A session bus of a program's own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Starts a bus that ends with this program, at an address such as `unix:path=…`. Resolves with its address. dbus-daemon(1) */
export async function started(address) {
  const options = ['--session', '--nofork', '--nopidfile', '--print-address', `--address=${address}`]
  const daemon = spawn('dbus-daemon', options, { stdio: ['ignore', 'pipe', 'ignore'] })
  process.on('exit', () => daemon.kill())
  const [line] = await once(daemon.stdout, 'data')
  return String(line).trim()
}
