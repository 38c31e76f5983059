// What a test starts by process.execPath is Node for arm64 too, and no kernel but its own runs that.
process.execPath = process.env.BSD_SOCKETS_NODE
