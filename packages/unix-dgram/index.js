// Unix datagram sockets with the API of unix-dgram: events and callbacks are synchronous, an error's code is −errno.
'use strict'
const { EventEmitter } = require('node:events')
const { constants: files } = require('node:fs')
const { constants } = require('node:os')
const { clearInterval, setInterval } = require('node:timers')
const sys = require('bsd-sockets/syscalls')

const { EAGAIN, EBADF, ECANCELED, ECONNRESET, EINTR, EINVAL, ENAMETOOLONG, ENOBUFS, ENOTCONN } = constants.errno

// Loading the module that has all constants takes longer than loading this one. These are the same on Linux and macOS.
const [AF_UNIX, SOCK_DGRAM] = [1, 2]
const [F_SETFD, F_SETFL, FD_CLOEXEC] = [2, 4, 1]
const isLinux = process.platform === 'linux'
const pathRoom = isLinux ? 108 : 104 // of sun_path, in bytes. unix(7)

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

/** A new socket, or −errno. socket(2) */
function open() {
  const flags = isLinux ? files.O_NONBLOCK | 0o2000000 : 0 // SOCK_NONBLOCK | SOCK_CLOEXEC
  const fd = sys.socket(AF_UNIX, SOCK_DGRAM | flags, 0)
  if (fd < 0 || isLinux) return fd
  sys.fcntl(fd, F_SETFD, FD_CLOEXEC)
  sys.fcntl(fd, F_SETFL, files.O_NONBLOCK)
  return fd
}

const family = Buffer.from(new Uint16Array([AF_UNIX]).buffer)

/** The bytes of a path's address, or −errno. On Linux a path that begins with NUL is an abstract name. unix(7) */
function addressOf(path) {
  const name = Buffer.from(String(path))
  const isAbstract = isLinux && name[0] === 0
  if (name.length === 0 || (name.includes(0) && !isAbstract)) return -EINVAL
  const length = name.length + (isAbstract ? 0 : 1)
  if (length > pathRoom) return -ENAMETOOLONG
  const address = Buffer.alloc(2 + length)
  address.set(isLinux ? family : [address.length, AF_UNIX])
  address.set(name, 2)
  return address
}

function senderOf(address) {
  if (address?.abstract !== undefined) return `\0${address.abstract}`
  return address?.path === undefined ? null : String(address.path)
}

class Socket extends EventEmitter {
  /** Waits for messages and for room; made when there is something to wait for. It has taken the descriptor. */
  #waiter
  /** Keeps the process alive until close. */
  #timer
  #waits = false

  constructor(type, listener) {
    super()
    if (type !== 'unix_dgram') throw new Error(`Unsupported socket type: ${type}`)
    // A worker that is terminated leaves no descriptor open if the waiter has it.
    if (require('node:worker_threads').isMainThread) this.fd = open()
    else this.fd = this.#opened()
    if (this.fd < 0) throw failure(this.fd, 'socket')
    this.connected = false
    this.type = type
    if (typeof listener === 'function') this.on('message', listener)
    this.#timer = setInterval(() => undefined, 2 ** 31 - 1)
  }

  bind(path) {
    const errno = this.#named('bind', path)
    if (errno < 0) {
      this.emit('error', failure(errno, 'bind'))
      return
    }
    // A socket without a name gets no messages.
    void this.#receive(this.#waiting())
    this.emit('listening')
  }

  connect(path) {
    const errno = this.#named('connect', path)
    if (errno < 0) {
      this.emit('error', failure(errno, 'connect'))
      return
    }
    this.connected = true
    this.emit('connect')
  }

  send(bytes, ...rest) {
    if (rest.length > 1) {
      this.sendto(bytes, ...rest)
      return
    }
    const [callback] = rest
    let result = this.fd < 0 ? -EBADF : -ENOTCONN
    if (this.connected && this.fd >= 0) {
      do result = sys.send(this.fd, bytes, 0)
      while (result === -EINTR)
    }
    if (result === -EAGAIN || result === -ENOBUFS) this.#congested(bytes, callback)
    else this.#sent(result, callback)
  }

  sendto(bytes, offset, length, path, callback) {
    if (!ArrayBuffer.isView(bytes)) throw new TypeError('buffer must be a Buffer or another view')
    if (!(offset >= 0 && length >= 0 && offset + length <= bytes.byteLength))
      throw new RangeError('offset and length must be within the buffer')
    const part = new Uint8Array(bytes.buffer, bytes.byteOffset + offset, length)
    const address = addressOf(path)
    let result = this.fd < 0 ? -EBADF : address
    if (this.fd >= 0 && typeof address !== 'number') {
      do result = sys.sendto(this.fd, part, 0, address)
      while (result === -EINTR)
    }
    this.#sent(result, callback)
  }

  /** Closes the socket; a second call does nothing. */
  close() {
    const { fd } = this
    if (fd < 0) return
    this.fd = -1
    clearInterval(this.#timer)
    if (this.#waiter === undefined) sys.close(fd)
    else this.#waiter.close()
  }

  #named(call, path) {
    if (this.fd < 0) return -EBADF
    const address = addressOf(path)
    let result = address
    if (typeof address !== 'number') {
      do result = sys[call](this.fd, address)
      while (result === -EINTR)
    }
    return result
  }

  #opened() {
    const { Socket: AsyncSocket } = require('bsd-sockets/promises')
    try {
      this.#waiter = new AsyncSocket(AF_UNIX, SOCK_DGRAM)
      return this.#waiter.fd
    } catch (error) {
      return errnoOf(error)
    }
  }

  #waiting() {
    return (this.#waiter ??= require('bsd-sockets/promises').Socket.fromFd(this.fd))
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
      await this.#waiting().writable()
    } catch {
      return // it is closed
    } finally {
      this.#waits = false
    }
    if (this.fd >= 0) this.#emitted('writable')
  }

  async #receive(waiter) {
    while (this.fd >= 0) {
      try {
        await waiter.readable()
        this.#taken(waiter)
      } catch (error) {
        if (this.fd < 0 || error.errno === -ECANCELED) return
        // The peer of a connected socket has connected to another one: no message is lost.
        if (error.errno !== -ECONNRESET) this.#emitted('error', failure(errnoOf(error), 'recv'))
      }
    }
  }

  #taken(waiter) {
    if (this.fd < 0) return
    shared ??= new (require('bsd-sockets').MessageBatch)(batchCount, maxSize, { family: AF_UNIX })
    const count = waiter.tryRecvmmsg(shared) ?? 0
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

exports.createSocket = (type, listener) =>
  type === 'udp4' || type === 'udp6' ? require('node:dgram').createSocket(type, listener) : new Socket(type, listener)
