// Unix datagram sockets with the API of unix-dgram: events and callbacks are synchronous, an error's code is −errno.
'use strict'
const { EventEmitter } = require('node:events')
const { constants } = require('node:os')
const { AF_UNIX, MessageBatch, MSG_NOSIGNAL = 0, SOCK_DGRAM, encodeAddress } = require('bsd-sockets')
const { Socket: AsyncSocket } = require('bsd-sockets/promises')
const sys = require('bsd-sockets/syscalls')

const { EAGAIN, EBADF, ECANCELED, ECONNRESET, EINTR, EINVAL, ENAMETOOLONG, ENOTCONN } = constants.errno

// The queue of a Unix socket has 11 messages by default. unix(7), max_dgram_qlen
const batchCount = 16
const maxSize = 65536
/** The batch of all sockets of this thread: what it receives is copied out in the same turn. */
let shared

function failure(errno, syscall) {
  return Object.assign(new Error(`${syscall} ${errno}`), { code: errno, errno, syscall })
}

/** The −errno of a caught error; an error of an argument is thrown on. */
function errnoOf(error) {
  if (typeof error.errno === 'number') return error.errno
  throw error
}

/** The bytes of a path's address. A path that begins with NUL is an abstract name. unix(7) */
function addressOf(path) {
  const text = String(path)
  if (text.startsWith('\0')) return encodeAddress({ family: 'unix', abstract: text.slice(1) }, AF_UNIX)
  return encodeAddress({ family: 'unix', path: text }, AF_UNIX)
}

function senderOf(address) {
  if (address?.abstract !== undefined) return `\0${address.abstract}`
  return address?.path === undefined ? null : String(address.path)
}

class Socket extends EventEmitter {
  #socket
  #connected = false
  #waits = false

  constructor(type, listener) {
    super()
    if (type !== 'unix_dgram') throw new Error(`Unsupported socket type: ${type}`)
    try {
      this.#socket = new AsyncSocket(AF_UNIX, SOCK_DGRAM)
    } catch (error) {
      throw failure(errnoOf(error), 'socket')
    }
    this.fd = this.#socket.fd
    this.type = type
    if (typeof listener === 'function') this.on('message', listener)
    void this.#receive()
  }

  bind(path) {
    const errno = this.#named('bind', path)
    if (errno < 0) this.emit('error', failure(errno, 'bind'))
    else this.emit('listening')
  }

  connect(path) {
    const errno = this.#named('connect', path)
    if (errno < 0) {
      this.emit('error', failure(errno, 'connect'))
      return
    }
    this.#connected = true
    this.emit('connect')
  }

  send(bytes, ...rest) {
    if (rest.length > 1) {
      this.sendto(bytes, ...rest)
      return
    }
    const [callback] = rest
    let result = this.fd < 0 ? -EBADF : -ENOTCONN
    if (this.#connected) {
      do result = sys.send(this.fd, bytes, MSG_NOSIGNAL)
      while (result === -EINTR)
    }
    if (result === -EAGAIN) this.#congested(bytes, callback)
    else this.#sent(result, callback)
  }

  sendto(bytes, offset, length, path, callback) {
    if (!ArrayBuffer.isView(bytes)) throw new TypeError('buffer must be a Buffer or another view')
    if (!(offset >= 0 && length >= 0 && offset + length <= bytes.byteLength))
      throw new RangeError('offset and length must be within the buffer')
    const part = new Uint8Array(bytes.buffer, bytes.byteOffset + offset, length)
    let result
    try {
      const address = addressOf(path)
      do result = sys.sendto(this.fd, part, MSG_NOSIGNAL, address)
      while (result === -EINTR)
    } catch (error) {
      if (this.fd >= 0 && error.errno === undefined) result = -(path.length > 107 ? ENAMETOOLONG : EINVAL)
      else result = errnoOf(error)
    }
    this.#sent(result, callback)
  }

  /** Closes the socket; a second call does nothing. */
  close() {
    this.fd = -1
    this.#connected = false
    this.#socket.close()
  }

  #named(call, path) {
    if (this.fd < 0) return -EBADF
    try {
      return sys[call](this.fd, addressOf(path))
    } catch (error) {
      return typeof error.errno === 'number' ? error.errno : String(path).length > 107 ? -ENAMETOOLONG : -EINVAL
    }
  }

  #sent(result, callback) {
    const given = typeof callback === 'function'
    if (result >= 0) {
      if (given) callback()
      return
    }
    const error = failure(result, 'send')
    if (given) callback(error)
    else this.emit('error', error)
  }

  #congested(bytes, callback) {
    if (!this.#waits) void this.#writable()
    if (typeof callback === 'function') callback(Object.assign(new Error('congestion'), { code: 1 }))
    else this.emit('congestion', bytes)
  }

  async #writable() {
    this.#waits = true
    try {
      await this.#socket.writable()
    } catch {
      return // it is closed
    } finally {
      this.#waits = false
    }
    if (this.fd >= 0) this.#emitted('writable')
  }

  async #receive() {
    while (this.fd >= 0) {
      try {
        await this.#socket.readable()
        this.#taken()
      } catch (error) {
        if (this.fd < 0 || error.errno === -ECANCELED) return
        // The peer of a connected socket has connected to another one: no message is lost.
        if (error.errno !== -ECONNRESET) this.#emitted('error', failure(errnoOf(error), 'recv'))
      }
    }
  }

  #taken() {
    if (this.fd < 0) return
    shared ??= new MessageBatch(batchCount, maxSize, { family: AF_UNIX })
    const count = this.#socket.tryRecvmmsg(shared) ?? 0
    const messages = []
    for (let i = 0; i < count; i++) messages.push([Buffer.from(shared.bytes(i)), senderOf(shared.address(i))])
    for (const [bytes, path] of messages) {
      if (this.fd < 0) return // a listener has closed it
      this.#emitted('message', bytes, { size: bytes.length, address: {}, path })
    }
  }

  // What a listener throws is an uncaughtException; the next messages come all the same.
  #emitted(event, ...values) {
    try {
      this.emit(event, ...values)
    } catch (error) {
      setImmediate(() => {
        throw error
      })
    }
  }
}

for (const name of [
  'address',
  'setTTL',
  'setBroadcast',
  'setMulticastTTL',
  'setMulticastLoopback',
  'addMembership',
  'dropMembership',
]) {
  Object.defineProperty(Socket.prototype, name, {
    configurable: true,
    writable: true,
    value() {
      throw new Error('not implemented')
    },
  })
}

exports.createSocket = (type, listener) => new Socket(type, listener)
