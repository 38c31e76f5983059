// Programs that tests need and that not every machine has.
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
 * Whether a program is installed: `test.skipIf(!tool('telnet'))`. If it is not, prints the reason for the skip. With
 * BSD_SOCKETS_REQUIRE_TOOLS=1 a missing program is a failure.
 */
export function tool(name: string): boolean {
  if (installed(name)) return true
  if (process.env.BSD_SOCKETS_REQUIRE_TOOLS === '1') throw new Error(`${name} is not installed`)
  console.warn(`skipped: ${name} is not installed`)
  return false
}
