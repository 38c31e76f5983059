// Programs that tests talk to and that not every machine has.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

function installed(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some(directory => {
    try {
      accessSync(join(directory, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/**
 * Whether a program is installed. Without it, what needs it is skipped and the reason printed; with
 * BSD_SOCKETS_REQUIRE_TOOLS=1 that is a failure: `test.skipIf(!tool('telnet'))`.
 */
export function tool(name: string): boolean {
  if (installed(name)) return true
  if (process.env.BSD_SOCKETS_REQUIRE_TOOLS === '1') throw new Error(`${name} is not installed`)
  console.warn(`skipped: ${name} is not installed`)
  return false
}
