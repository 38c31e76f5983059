// The ownership of descriptors. A socket that is dropped without close() causes a warning, but is not closed, since its
// number may be in use. Descriptors that a worker leaves open are closed when it ends.
import { constants } from 'node:os'
import { socketError } from '../errors.js'
import * as sys from '../syscalls/index.js'
import { isMainThread, native } from '../syscalls/native.js'

const registry = new FinalizationRegistry<number>(fd => {
  process.emitWarning(`A Socket was dropped without close(): its descriptor ${fd} stays open`, {
    type: 'ResourceWarning',
    code: 'BSD_SOCKETS_LEAK',
  })
})

/** Sets whether the end of this worker closes the descriptor. On the main thread this has no effect: the process closes all. */
export function closeWithThread(fd: number, closes: boolean): void {
  if (!isMainThread) native.environment.own(fd, closes)
}

/** To be called when `owner` gets the descriptor. */
export function own(owner: object, fd: number): void {
  registry.register(owner, fd, owner)
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
