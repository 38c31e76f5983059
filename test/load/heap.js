// Loaded before a server (node --expose-gc --import): answers each message of the parent process with the memory that
// is left after a collection of garbage.
/* global gc */
process.on('message', () => {
  gc()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  process.send({ heapUsed, external, arrayBuffers })
})
process.on('disconnect', () => process.exit())
process.channel.unref()
