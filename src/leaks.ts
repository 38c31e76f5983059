// A socket that was dropped without close() is told of, and never closed behind anybody's back: its number may be in use.
const registry = new FinalizationRegistry<number>(fd => {
  process.emitWarning(`A Socket was dropped without close(): its descriptor ${fd} stays open`, {
    type: 'ResourceWarning',
    code: 'BSD_SOCKETS_LEAK',
  })
})

export const leaked = {
  watch: (socket: object, fd: number): void => registry.register(socket, fd, socket),
  forget: (socket: object): void => void registry.unregister(socket),
}
