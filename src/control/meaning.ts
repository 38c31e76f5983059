// What a list of control messages says, in one object.
import { invalidType } from '../checks.js'
import type { ControlMessage } from './control.js'
import { rows } from './messages.js'
import type { ControlMeaning } from './messages.js'

function listed(fds: unknown): unknown[] {
  if (!Array.isArray(fds)) throw invalidType('fds', fds, 'an array')
  return fds
}

const keys = new Set(rows.map(({ key }) => key as keyof ControlMeaning))

/**
 * The meanings of all messages of a list, in one object: `meaningOf(message.control).ttl`. `fds` has the descriptors of all
 * messages. Of any other meaning that comes more than once, the first counts. Unknown messages have none.
 *
 * @throws TypeError if it is not an array of objects
 */
export function meaningOf(control: readonly ControlMessage[]): ControlMeaning {
  if (!Array.isArray(control)) throw invalidType('control', control, 'an array')
  const meaning: Record<string, unknown> = {}
  for (const message of control as readonly ControlMessage[]) {
    if (typeof message !== 'object' || message === null) throw invalidType('control', message, 'an array of objects')
    for (const key of keys) {
      const value = message[key]
      if (value !== undefined)
        meaning[key] = key === 'fds' ? [...((meaning.fds as []) ?? []), ...listed(value)] : (meaning[key] ?? value)
    }
  }
  return meaning
}
