// Programs that tests need and that not every machine has.
import { find } from './find.js'

/**
 * Whether a program is installed: `test.skipIf(!tool('telnet'))`. If it is not, prints the reason for the skip. With
 * BSD_SOCKETS_REQUIRE_TOOLS=1 a missing program is a failure.
 */
export function tool(name: string): boolean {
  if (find(name) !== undefined) return true
  if (process.env.BSD_SOCKETS_REQUIRE_TOOLS === '1') throw new Error(`${name} is not installed`)
  console.warn(`skipped: ${name} is not installed`)
  return false
}
