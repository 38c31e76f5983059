// The exercise of the chapter on addresses: an address and a port, as a URL has them.
import { AF_INET, AF_INET6, inet_pton } from 'bsd-sockets'

const [host = '', port = ''] = process.argv.slice(2)

function isOf(family: number): boolean {
  try {
    inet_pton(family, host)
    return true
  } catch {
    return false
  }
}

if (isOf(AF_INET)) console.log(`${host}:${port}`)
else if (isOf(AF_INET6)) console.log(`[${host}]:${port}`)
else console.log('not an address')
