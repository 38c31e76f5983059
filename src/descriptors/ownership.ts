// Whose a descriptor is. A socket that was dropped without close() is reported, and never closed behind anybody's back:
// its number may be in use. What a worker leaves open when it is terminated is closed with it.
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

/** Whether a worker's end closes the descriptor; closing it ends that. That of the main thread is the process's, and closes all. */
export function closeWithThread(fd: number, closes: boolean): void {
  if (!isMainThread) native.environment.own(fd, closes)
}

/** From now on the descriptor belongs to this object. */
export function own(owner: object, fd: number): void {
  registry.register(owner, fd, owner)
  closeWithThread(fd, true)
}

/** The descriptor is about to be closed or handed on. */
export function disown(owner: object): void {
  registry.unregister(owner)
}

const { EINTR } = constants.errno

/**
 * Closes a descriptor that its owner has let go; a negative one is none. It is gone even where that fails (Linux), or may be
 * somebody else's by now: close(2) is never tried again.
 */
export function closeOnce(fd: number): void {
  if (fd < 0) return
  const result = sys.close(fd)
  if (result < 0 && result !== -EINTR) throw socketError(result, 'close')
}
