// The ownership of descriptors. A socket that is dropped without close() causes a warning, but is not closed, since its
// number may be in use. Descriptors that a worker leaves open are closed when it ends.
import { constants } from 'node:os'
import { traceCaller } from '../caller.js'
import { socketError } from '../errors.js'
import * as sys from '../syscalls/index.js'
import { isMainThread, native } from '../syscalls/native.js'

/** Whether BSD_SOCKETS_DEBUG is set. docs/debugging.md */
export const debugging = Boolean(process.env.BSD_SOCKETS_DEBUG)

/** With BSD_SOCKETS_DEBUG: the owner of a descriptor, and where it was made. */
interface Origin {
  readonly fd: number
  readonly owner: WeakRef<object>
  readonly made: string
}

const origins = new Map<number, Origin>()

// The frames of the caller's stack, as text: the frames themselves would keep the owner alive.
function callersFrames(): string {
  const { stack = '' } = traceCaller(new Error('made'))
  return stack.slice(stack.indexOf('\n') + 1)
}

const warn = (code: string, text: string): void => process.emitWarning(text, { type: 'ResourceWarning', code })

const registry = new FinalizationRegistry<number | Origin>(dropped => {
  const { fd, made } = typeof dropped === 'number' ? { fd: dropped } : dropped
  const where = made === undefined ? '' : `. It was made here:\n${made}`
  warn('BSD_SOCKETS_LEAK', `A Socket was dropped without close(): its descriptor ${fd} stays open${where}`)
})

/** With BSD_SOCKETS_DEBUG: notes the owner of a descriptor, and warns if another object that is not closed has it. */
export function noteOwner(owner: { readonly fd: number }, fd: number): Origin {
  const origin: Origin = { fd, owner: new WeakRef(owner), made: callersFrames() }
  const before = origins.get(fd)
  const other = before?.owner.deref() as typeof owner | undefined
  if (before !== undefined && other !== undefined && other !== owner && other.fd === fd)
    warn(
      'BSD_SOCKETS_TWO_OWNERS',
      `Two objects have the descriptor ${fd}, and each will close it. The first was made here:\n${before.made}\nThe second was made here:\n${origin.made}`,
    )
  origins.set(fd, origin)
  return origin
}

/** Sets whether the end of this worker closes the descriptor. On the main thread this has no effect: the process closes all. */
export function closeWithThread(fd: number, closes: boolean): void {
  if (!isMainThread) native.environment.own(fd, closes)
}

/** To be called when `owner` gets the descriptor. */
export function own(owner: { readonly fd: number }, fd: number): void {
  registry.register(owner, debugging ? noteOwner(owner, fd) : fd, owner)
  closeWithThread(fd, true)
}

/** To be called before the owner's descriptor is closed or handed over. */
export function disown(owner: object): void {
  registry.unregister(owner)
}

const { EINTR } = constants.errno

/**
 * Closes a descriptor that its owner has released; does nothing if it is negative. close(2) is never repeated: on Linux the
 * descriptor is closed even if the call fails, and its number may be in use again.
 */
export function closeOnce(fd: number): void {
  if (fd < 0) return
  const result = sys.close(fd)
  if (result < 0 && result !== -EINTR) throw socketError(result, 'close', { fd })
}
