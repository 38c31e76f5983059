// Names, addresses, and the bytes that the kernel gets.
import { AF_INET, AI_NUMERICHOST, encodeAddress, GaiError, getaddrinfo, SOCK_STREAM, Socket } from 'bsd-sockets'

for (const host of ['127.0.0.1', '::1', 'no such number']) {
  try {
    const [found] = getaddrinfo(host, '80', { type: SOCK_STREAM, flags: AI_NUMERICHOST })
    console.log(host, 'is', found!.address.family)
  } catch (error) {
    if (!(error instanceof GaiError)) throw error
    console.log(host, 'is', error.code)
  }
}

const bytes = encodeAddress({ family: 'IPv4', address: '127.0.0.1', port: 80 })
console.log('the port', bytes.subarray(2, 4).join(' '))
console.log('the address', bytes.subarray(4, 8).join(' '))

const socket = new Socket(AF_INET)
socket.bind(['127.0.0.1', 0])
const { address, port } = socket.getsockname()
console.log('port 0 becomes', port > 0 ? 'a free port' : 0, 'of', address)
socket.close()
