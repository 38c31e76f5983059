// In network byte order the most significant byte is first; on most machines it is last. Port 1 is the bytes 00 01.
import { endianness } from 'node:os'
import { AF_INET, encodeAddress, htonl, htons, inet_pton, ntohl, ntohs } from 'bsd-sockets'

const hex = (view: ArrayBufferView): string =>
  Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('hex').replace(/..\B/g, '$& ')

console.log(`this machine is ${endianness() === 'LE' ? 'little' : 'big'}-endian`)
console.log(`port 1 as this machine keeps it: ${hex(new Uint16Array([1]))}`)
console.log(`port 1 as the network wants it:  ${hex(new Uint16Array([htons(1)]))}`)
console.log(`1 in four bytes, for the network: ${hex(new Uint32Array([htonl(1)]))}`)
console.log(`and back again: ${ntohs(htons(1))} and ${ntohl(htonl(1))}`)
console.log(`127.0.0.1 in network byte order: ${hex(inet_pton(AF_INET, '127.0.0.1'))}`)
console.log(`the sockaddr of 127.0.0.1:1: ${hex(encodeAddress(['127.0.0.1', 1]))}`)
