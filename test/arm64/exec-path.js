// Tests that start process.execPath get a program that runs Node for arm64 in the emulator.
process.execPath = process.env.BSD_SOCKETS_NODE
