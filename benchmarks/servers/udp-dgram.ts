// Node's dgram: a call and an object for each datagram.
import { createSocket } from 'node:dgram'
import { listening } from './listening.js'

const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 })
socket.on('message', (bytes, { address, port }) => socket.send(bytes, port, address))
socket.bind(0, '127.0.0.1', () => listening(socket.address()))
