// The first module to run: an older Node lacks functions that the next modules call.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  throw new Error(`bsd-sockets needs Node 20.19 or newer: this is Node ${process.versions.node}`)
}

export {}
