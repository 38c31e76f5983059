// A client of the server of lines: its second line comes in two pieces.
import { createConnection } from 'bsd-sockets'

const socket = createConnection(['127.0.0.1', Number(process.argv[2])])
socket.sendall('one\ntw')
socket.recv(100)
socket.sendall('o\n')
socket.recv(100)
socket.close()
