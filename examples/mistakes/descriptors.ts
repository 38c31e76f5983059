// No descriptor is left (EMFILE), and the server tries to accept again and again, at full speed.
import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { select, Socket, SocketError } from 'bsd-sockets'
import { listening } from './connection.js'

/** Uses up all descriptors of this process. */
function useUp(): number[] {
  const files: number[] = []
  for (;;) {
    try {
      files.push(openSync('/dev/null', 'r'))
    } catch {
      return files
    }
  }
}

/** Accepts a client; false if there is no descriptor for it. */
function accepts(listener: Socket): boolean {
  try {
    listener.accept()[0].close()
    return true
  } catch (error) {
    if (!(error instanceof SocketError) || error.code !== 'EMFILE') throw error
    return false
  }
}

/** How often does the loop run for a client that it has no descriptor for? */
function turns(refuse: (listener: Socket) => void): string {
  const listener = listening()
  const client = new Socket()
  client.connect(listener.getsockname())
  const files = useUp()
  let count = 0
  while (count < 1000 && select([listener], [], [], 0)[0].length > 0) {
    count++
    if (!accepts(listener)) refuse(listener)
  }
  for (const file of files) closeSync(file)
  client.close()
  listener.close()
  return count === 1000
    ? 'the loop runs at full speed, and the client waits'
    : 'the client is closed, and the loop sleeps'
}

function main(): void {
  let spare = openSync('/dev/null', 'r') // kept for the moment when there is no other
  console.log(
    'mistake:',
    turns(() => undefined),
  )
  console.log(
    'cure:',
    turns(listener => {
      closeSync(spare)
      accepts(listener)
      spare = openSync('/dev/null', 'r')
    }),
  )
}

if (process.argv[2] === 'few') main()
else {
  // Starts itself with a limit that is reached soon. ulimit, sh(1)
  const command = ['-c', 'ulimit -n 64 && exec "$0" "$1" few', process.execPath, import.meta.filename]
  spawnSync('sh', command, { stdio: 'inherit' })
}
