// As udp-promises, but many datagrams are received by one call.
import { AF_INET, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET } from 'bsd-sockets'
import { Socket } from 'bsd-sockets/promises'
import { listening } from './listening.js'

const socket = new Socket(AF_INET, SOCK_DGRAM)
socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 4 * 1024 * 1024)
socket.bind(['127.0.0.1', 0])
listening(socket.getsockname())
for await (const { data, address } of socket.messages()) await socket.sendto(data, address!)
