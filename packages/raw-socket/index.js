// Raw IP sockets with the API of raw-socket. What a socket needs, and the constants, are loaded with the first of them.
'use strict'
const { EventEmitter } = require('node:events')
const { constants } = require('node:os')
const { getSystemErrorMap } = require('node:util')
const sys = require('bsd-sockets/syscalls')

const { EAGAIN, EBADF, ECANCELED, EINTR } = constants.errno

/** The names by their numbers, and the numbers by their names. */
const bothWays = names => ({
  ...names,
  ...Object.fromEntries(Object.entries(names).map(([number, name]) => [name, Number(number)])),
})

const AddressFamily = bothWays({ 1: 'IPv4', 2: 'IPv6' })
const Protocol = bothWays({ 0: 'None', 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6' })

// Where libuv's words are others than those of strerror(3), but for the first letter.
const otherWords = {
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EAFNOSUPPORT: 'Address family not supported by protocol',
  EHOSTUNREACH: 'No route to host',
}

/** The error of a system call: its message is that of strerror(3). */
function failure(errno, syscall) {
  const [code, text] = getSystemErrorMap().get(errno) ?? [`${errno}`, `unknown error ${-errno}`]
  const message = otherWords[code] ?? text[0].toUpperCase() + text.slice(1)
  return Object.assign(new Error(message), { code, errno, syscall })
}

/** Such an error for a caught one of a socket; an error of an argument is returned as it is. */
const failureOf = error => (typeof error.errno === 'number' ? failure(error.errno, error.syscall) : error)

const isUint32 = value => Number.isInteger(value) && value >= 0 && value < 2 ** 32

function checkUint32(name, value) {
  if (!isUint32(value)) throw new TypeError(`${name} argument must be an unsigned integer`)
  return value
}

function checkOption(level, option) {
  if (typeof level !== 'number') throw new TypeError('Level argument must be a number')
  if (typeof option !== 'number') throw new TypeError('Option argument must be a number')
  return [level | 0, option | 0]
}

function checkValue(value) {
  if (!ArrayBuffer.isView(value))
    throw new TypeError('Value argument must be a node Buffer object if length is provided')
}

function checkBuffer(buffer) {
  if (!ArrayBuffer.isView(buffer)) throw new TypeError('Buffer argument must be a node Buffer object')
}

const bytesOf = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)

function open(addressFamily, protocol) {
  const { AF_INET, AF_INET6, SOCK_DGRAM, SOCK_RAW } = require('bsd-sockets')
  const { Socket: AsyncSocket } = require('bsd-sockets/promises')
  const family = addressFamily === AddressFamily.IPv6 ? AF_INET6 : AF_INET
  try {
    return new AsyncSocket(family, SOCK_RAW, protocol)
  } catch (error) {
    // On macOS anybody may ping, over datagrams. icmp(4)
    if (process.platform !== 'darwin' || protocol !== Protocol.ICMP) throw failureOf(error)
  }
  try {
    return new AsyncSocket(family, SOCK_DGRAM, protocol)
  } catch (error) {
    throw failureOf(error)
  }
}

class Socket extends EventEmitter {
  #socket
  #version // of IP
  #receiving = false
  #sending = false
  #checksumOffset = null

  constructor({ addressFamily, bufferSize, checksumOffset, generateChecksums, protocol } = {}) {
    super()
    checkUint32('Protocol', protocol || 0)
    checkUint32('Address family', addressFamily || AddressFamily.IPv4)
    this.buffer = Buffer.alloc(bufferSize || 4096)
    this.requests = []
    this.recvPaused = false
    this.sendPaused = true
    this.#version = addressFamily === AddressFamily.IPv6 ? 6 : 4
    this.#socket = open(addressFamily, protocol || 0)
    if (generateChecksums) this.generateChecksums(true, checksumOffset)
    void this.#receive()
  }

  /** From now on a checksum of what is sent is written to the buffer, `offset` bytes after its first one; or no longer. */
  generateChecksums(generate, offset = 0) {
    this.#checksumOffset = generate ? offset : null
    return this
  }

  getOption(level, option, value, length) {
    const [itsLevel, name] = checkOption(level, option)
    checkValue(value)
    if (length !== (length | 0)) throw new TypeError('Length argument must be an unsigned integer')
    const got = new Uint32Array([value.byteLength])
    const result = sys.getsockopt(this.#socket.fd, itsLevel, name, value, got)
    if (result < 0) throw failure(result, 'getsockopt')
    return got[0]
  }

  setOption(level, option, value, ...rest) {
    const [itsLevel, name] = checkOption(level, option)
    let bytes
    if (rest.length > 0) {
      const [length] = rest
      checkValue(value)
      checkUint32('Length', length)
      if (length > value.byteLength) throw new TypeError('Length argument is larger than buffer length')
      bytes = bytesOf(value).subarray(0, length)
    } else {
      if (!isUint32(value)) throw new TypeError('Value argument must be a unsigned integer')
      bytes = new Uint32Array([value])
    }
    const result = sys.setsockopt(this.#socket.fd, itsLevel, name, bytes)
    if (result < 0) throw failure(result, 'setsockopt')
  }

  send(buffer, offset, length, address, beforeCallback, afterCallback) {
    if (!afterCallback) [beforeCallback, afterCallback] = [null, beforeCallback]
    let wrong
    if (length + offset > buffer.length)
      wrong = `Buffer length '${buffer.length}' is not large enough for the specified offset '${offset}' plus length '${length}'`
    else if (require('node:net').isIP(address) !== this.#version) wrong = `Invalid IP address '${address}'`
    if (wrong !== undefined) {
      afterCallback.call(this, new Error(wrong))
      return this
    }
    this.requests.push({ buffer, offset, length, address, beforeCallback, afterCallback })
    if (this.sendPaused) this.resumeSend()
    return this
  }

  pauseRecv() {
    this.recvPaused = true
    return this.#hold()
  }

  resumeRecv() {
    this.recvPaused = false
    if (!this.#receiving) void this.#receive()
    return this.#hold()
  }

  pauseSend() {
    this.sendPaused = true
    return this.#hold()
  }

  resumeSend() {
    this.sendPaused = false
    if (!this.#sending) void this.#send()
    return this.#hold()
  }

  /** Closes the socket and emits `close`; a second call does nothing. */
  close() {
    if (this.#socket.closed) return this
    this.#socket.close()
    this.emit('close')
    return this
  }

  /** Keeps the process alive unless both directions are paused. */
  #hold() {
    if (this.recvPaused && this.sendPaused) this.#socket.unref()
    else this.#socket.ref()
    return this
  }

  async #receive() {
    this.#receiving = true
    while (!this.recvPaused && !this.#socket.closed) {
      try {
        await this.#socket.readable()
      } catch (error) {
        if (error.errno !== -ECANCELED) {
          this.#called(() => this.emit('error', failureOf(error)))
          this.close()
        }
        break
      }
      if (!this.recvPaused && !this.#socket.closed) this.#take()
    }
    this.#receiving = false
  }

  /** Receives one message if there is one. */
  #take() {
    let got
    try {
      got = this.#socket.tryRecvfromInto(this.buffer)
    } catch (error) {
      this.#called(() => this.emit('error', failureOf(error)))
      return
    }
    if (got === null) return
    const [length, { address }] = got
    // The next message has the same buffer.
    this.#called(() => this.emit('message', Buffer.from(this.buffer.subarray(0, length)), address))
  }

  async #send() {
    this.#sending = true
    while (!this.sendPaused) {
      try {
        await this.#socket.writable()
      } catch (error) {
        // It is closed: what was to be sent before is dropped.
        if (error.errno === -ECANCELED) this.requests.length = 0
      }
      while (!this.sendPaused && this.requests.length > 0 && this.#sent(this.requests[0])) continue
      if (this.requests.length === 0) this.pauseSend()
    }
    this.#sending = false
  }

  /** Sends the first request, and calls back; false if there is no room. */
  #sent(request) {
    const { buffer, offset, length, address, beforeCallback, afterCallback } = request
    let result
    let failed = null
    try {
      if (beforeCallback && !request.begun) beforeCallback()
      request.begun = true // not again if there is no room
      checkBuffer(buffer)
      const bytes = bytesOf(buffer).subarray(checkUint32('Offset', offset), offset + checkUint32('Length', length))
      if (this.#checksumOffset !== null) {
        const part = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
        writeChecksum(part, this.#checksumOffset, 0)
        writeChecksum(part, this.#checksumOffset, createChecksum(part))
      }
      const { fd } = this.#socket
      const to = require('bsd-sockets').encodeAddress([address, 0])
      do result = fd < 0 ? -EBADF : sys.sendto(fd, bytes, 0, to)
      while (result === -EINTR)
      if (result === -EAGAIN) return false
      if (result < 0) failed = failure(result, 'sendto')
    } catch (error) {
      failed = error
    }
    this.requests.shift()
    this.#called(() => afterCallback.call(this, failed, failed === null ? result : 0))
    return true
  }

  // What a listener or a callback throws is an uncaughtException; the next ones are called all the same.
  #called(callback) {
    try {
      callback()
    } catch (error) {
      process.nextTick(() => {
        throw error
      })
    }
  }
}

/** The sum so far and `bytes`, in one's complement; an odd last byte is the first of a word. RFC 1071 */
function added(sum, bytes) {
  for (let i = 0; i < bytes.length; i += 2) {
    sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0)
    if (sum > 0xffff) sum -= 0xffff
  }
  return sum
}

function partOf({ buffer, offset, length }) {
  checkBuffer(buffer)
  checkUint32('Offset', offset)
  if (offset >= buffer.byteLength) throw new RangeError('Offset argument must be smaller than length of the buffer')
  checkUint32('Length', length)
  if (offset + length > buffer.byteLength)
    throw new RangeError('Length argument must be smaller than length of the buffer')
  return bytesOf(buffer).subarray(offset, offset + length)
}

function createChecksum(...parts) {
  if (parts.length === 0) return 0
  const whole = part => (part instanceof Buffer ? { buffer: part, offset: 0, length: part.length } : part)
  return ~parts.reduce((sum, part) => added(sum, partOf(whole(part))), 0) & 0xffff
}

function writeChecksum(buffer, offset, checksum) {
  buffer.writeUInt8((checksum & 0xff00) >> 8, offset)
  buffer.writeUInt8(checksum & 0xff, offset + 1)
  return buffer
}

const converter = (call, bits) =>
  function (...numbers) {
    const [number] = numbers
    if (numbers.length === 0) throw new Error('One arguments is required')
    if (!isUint32(number)) throw new TypeError(`Number must be a ${bits} unsigned integer`)
    if (number >= 2 ** bits) throw new RangeError('Number cannot be larger than 65535')
    return call(number)
  }

/** Defines a table of constants, which is made when it is first read. */
function constantsBy(name, make) {
  let table
  Object.defineProperty(exports, name, {
    enumerable: true,
    get: () => (table ??= make(require('bsd-sockets'))),
  })
}

exports.createChecksum = createChecksum
exports.writeChecksum = writeChecksum
exports.createSocket = options => new Socket(options || {})
exports.AddressFamily = AddressFamily
exports.Protocol = Protocol
exports.Socket = Socket
constantsBy('SocketLevel', ({ SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6 }) => ({ SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6 }))
constantsBy('SocketOption', all => {
  const { SO_BROADCAST, SO_RCVBUF, SO_RCVTIMEO, SO_SNDBUF, SO_SNDTIMEO, SO_BINDTODEVICE } = all
  const { IP_HDRINCL, IP_OPTIONS, IP_TOS, IP_TTL, IPV6_UNICAST_HOPS, IPV6_V6ONLY } = all
  return {
    ...{ SO_BROADCAST, SO_RCVBUF, SO_RCVTIMEO, SO_SNDBUF, SO_SNDTIMEO },
    ...(SO_BINDTODEVICE === undefined ? {} : { SO_BINDTODEVICE }),
    ...{ IP_HDRINCL, IP_OPTIONS, IP_TOS, IP_TTL },
    ...{ IPV6_TTL: IPV6_UNICAST_HOPS, IPV6_UNICAST_HOPS, IPV6_V6ONLY },
  }
})
exports.htonl = converter(sys.htonl, 32)
exports.htons = converter(sys.htons, 16)
exports.ntohl = converter(sys.ntohl, 32)
exports.ntohs = converter(sys.ntohs, 16)
