// Unix stream sockets that carry descriptors, with the API of usocket.
'use strict'
const { EventEmitter } = require('node:events')
const { constants } = require('node:os')
const { Duplex } = require('node:stream')

// Bytes per receive; and a limit of this says that the reader takes whatever there is.
const most = 65536
const mostFds = 253 // SCM_MAX_FD. unix(7)
const forever = { timeout: null }

// Loaded by the first socket: so this package loads in no time.
const sockets = () => require('bsd-sockets')
const promises = () => require('bsd-sockets/promises')

/** An error of a call in the shape that usocket gives it: its errno is positive. */
function failure(error) {
  const { message, code, errno, syscall, path } = error
  return errno === undefined
    ? error
    : Object.assign(new Error(message), { errno: Math.abs(errno), code, path, syscall })
}

/** What a listener throws is an uncaught exception, and no rejection. */
function uncaught(error) {
  process.nextTick(() => {
    throw error
  })
}

/** A path that begins with NUL is an abstract name. unix(7) */
function addressOf(path) {
  return path.startsWith('\0') ? { family: 'unix', abstract: path.slice(1) } : { family: 'unix', path }
}

function isSocket(path) {
  const { lstatSync } = require('node:fs')
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true
}

/** The bytes, descriptors and callback of a written chunk. */
function partsOf(chunk, encoding) {
  if (typeof chunk === 'string') return { data: Buffer.from(chunk, encoding), fds: [] }
  if (ArrayBuffer.isView(chunk)) return { data: chunk, fds: [] }
  const { data, fds, callback } = Array.isArray(chunk) ? { fds: chunk } : chunk
  if (data === undefined && fds === undefined) throw new TypeError('a USocket writes data, fds or both')
  if (data !== undefined && data !== null && !ArrayBuffer.isView(data)) throw new TypeError('data must be a Buffer')
  if (fds !== undefined && fds !== null && !Array.isArray(fds)) throw new TypeError('fds must be an array')
  if (callback !== undefined && callback !== null && typeof callback !== 'function')
    throw new TypeError('callback must be a function')
  return { data: data ?? Buffer.alloc(0), fds: fds ?? [], callback }
}

function closeAll(fds) {
  for (const fd of fds) if (typeof fd !== 'number') fd.close()
}

class USocket extends Duplex {
  #socket
  #opening // settles when it is connected, or has failed
  #connected = false
  #quiet = false // destroy() emits nothing
  #ended = false // the peer has stopped sending
  #finished = false // all is sent, and sending is shut down
  // Descriptors that were received and not read. A number belongs to a listener of `fds`; an OwnedFd to nobody yet.
  #fds = []
  // Duplicates of descriptors that were written without a byte. They go with the next one. unix(7)
  #held = []
  #asked = false // the stream wants bytes
  #receiving = false
  // How many bytes may be received: no more than a `read(size)` lacks. Otherwise bytes of the next message would come too, and
  // with them its descriptors, which `read(size, null)` would give to this one.
  #wanted = most

  constructor(options, callback) {
    if (typeof options !== 'object' || options === null) options = { path: options }
    const { fd, path, allowHalfOpen = true } = options
    super({ writableObjectMode: true, allowHalfOpen, autoDestroy: false })
    this.fd = undefined
    if (fd !== undefined || path) this.connect(options, callback)
  }

  connect(target, callback) {
    if (this.#socket !== undefined) throw new Error('the USocket is connected already')
    const { fd, path } = typeof target === 'object' && target !== null ? target : { path: target }
    const accepted = typeof fd === 'object' && fd !== null // the UServer's: it stays owned all the time, for a worker that is terminated
    if (typeof fd !== 'number' && !accepted && typeof path !== 'string') throw new TypeError('path must be a string')
    if (this.destroyed) this._undestroy() // as net.Socket does it
    this.#connected = this.#quiet = this.#ended = this.#finished = this.#receiving = false
    this.#wanted = most
    if (typeof callback === 'function') this.once('connected', callback)
    try {
      if (accepted) this.#opening = this.#adopt(fd)
      else this.#opening = typeof fd === 'number' ? this.#adopt(promises().Socket.fromFd(fd)) : this.#open(path)
    } catch (error) {
      this.#opening = Promise.reject(failure(error))
    }
    const opening = this.#opening
    opening.catch(error => this.#fail(error, opening))
    return this
  }

  read(size, count) {
    if (this.destroyed) return null
    const lacks = typeof count === 'number' && this.#fds.length < count
    const data = lacks ? null : super.read(size ?? undefined)
    if (lacks || size === undefined || size === null) this.#wanted = most
    else if (size > 0 && data === null) this.#wanted = size - this.readableLength
    else if (size > 0) this.#wanted = this.readableLength > 0 ? 0 : size
    this.#receiveSoon()
    if (count === undefined) return data
    if (lacks || (size > 0 && data === null)) return null
    const fds = this.#fds.splice(0, count ?? this.#fds.length)
    return { data, fds: fds.map(fd => (typeof fd === 'number' ? fd : fd.detach())) }
  }

  unshift(chunk, fds) {
    if (chunk) super.unshift(chunk, typeof fds === 'string' ? fds : undefined)
    if (Array.isArray(fds)) this.#fds.unshift(...fds)
  }

  end(...given) {
    super.end(...given)
    this.read(0) // the end of the peer is noticed even if nobody reads
    return this
  }

  /** Closes the socket. Without an error nothing is emitted any more, not even `close`. */
  destroy(error) {
    if (error !== undefined && error !== null) return super.destroy(error)
    if (!this.destroyed) this.#quiet = true
    return super.destroy()
  }

  _read() {
    this.#asked = true
    this.#receiveSoon()
  }

  _write(chunk, encoding, callback) {
    const opening = this.#opening
    this.#send(chunk, encoding)
      .then(
        () => callback(),
        error => {
          this.#fail(error, opening)
          callback(error)
        },
      )
      .catch(uncaught)
  }

  _final(callback) {
    const opening = this.#opening
    this.#shutdown()
      .then(
        () => {
          callback()
          this.#finished = true
          this.#closeWhenDone()
        },
        error => {
          this.#fail(error, opening)
          callback(error)
        },
      )
      .catch(uncaught)
  }

  _destroy(error, callback) {
    closeAll(this.#fds.splice(0))
    const failure = this.#close()
    if (!this.#quiet) callback(error ?? failure) // emits `error` and `close`
  }

  #adopt(socket) {
    this.#socket = socket
    this.fd = socket.fd
    this.#connected = true
    this.#receiveSoon()
    return Promise.resolve()
  }

  async #open(path) {
    const { Socket } = promises()
    let socket
    try {
      socket = this.#socket = new Socket(sockets().AF_UNIX)
      await socket.connect(addressOf(path), forever)
    } catch (error) {
      throw failure(error)
    }
    if (socket !== this.#socket) return
    this.fd = socket.fd
    this.#connected = true
    this.#receiveSoon()
    try {
      this.emit('connected')
    } catch (error) {
      uncaught(error)
    }
  }

  #receiveSoon() {
    if (!this.#asked || this.#receiving || !this.#connected) return
    this.#receiving = true
    void this.#receive(this.#socket)
  }

  async #receive(socket) {
    await undefined // first the reader's own code, whose last `read` says how much it wants
    let message
    try {
      if (socket === this.#socket && this.#wanted > 0)
        message = await socket.recvFds(Math.min(this.#wanted, most), mostFds, forever)
      if (message?.controlTruncated === true) {
        closeAll(message.fds)
        throw new (sockets().SocketError)(constants.errno.EMFILE, 'recvmsg')
      }
    } catch (error) {
      if (socket === this.#socket) this.#fail(failure(error), this.#opening)
      return
    }
    if (socket !== this.#socket) {
      closeAll(message?.fds ?? [])
      return
    }
    this.#receiving = false
    if (message === undefined) return
    try {
      this.#deliver(message)
    } catch (error) {
      uncaught(error)
      process.nextTick(() => this.read(0)) // `push`, which a listener has left, would have asked for more
    }
  }

  #deliver({ data, fds }) {
    this.#asked = false
    if (this.#wanted < most) this.#wanted -= data.length
    if (fds.length > 0) {
      const heard = this.listenerCount('fds') > 0
      const received = heard ? fds.map(fd => fd.detach()) : fds
      this.#fds.push(...received)
      if (heard) this.emit('fds', [...received])
    }
    if (data.length > 0) {
      this.push(data)
      return
    }
    this.#ended = true
    this.push(null)
    this.#closeWhenDone()
  }

  async #send(chunk, encoding) {
    const { data, fds, callback } = partsOf(chunk, encoding)
    if (this.#opening === undefined) throw new Error('the USocket is not connected')
    await this.#opening
    try {
      if (data.byteLength > 0) await this.#sendAll(data, fds)
      else if (fds.length > 0) this.#hold(fds)
    } catch (error) {
      throw failure(error)
    }
    callback?.(chunk)
  }

  async #sendAll(data, fds) {
    const held = this.#held.splice(0)
    try {
      if (held.length + fds.length > 0) await this.#socket.sendallFds(data, [...held, ...fds], forever)
      else await this.#socket.sendall(data, forever)
    } finally {
      closeAll(held)
    }
  }

  #hold(fds) {
    const { F_DUPFD_CLOEXEC, OwnedFd, SocketError } = sockets()
    const { fcntl } = require('bsd-sockets/syscalls')
    for (const fd of fds) {
      const made = fcntl(fd, F_DUPFD_CLOEXEC, 0)
      if (made < 0) throw new SocketError(made, 'fcntl')
      this.#held.push(new OwnedFd(made))
    }
  }

  async #shutdown() {
    if (this.#opening === undefined) return
    await this.#opening
    if (this.#held.length > 0) throw new Error('the last descriptors were written without a byte to go with')
    try {
      this.#socket?.shutdown(sockets().SHUT_WR)
    } catch (error) {
      if (error.code !== 'ENOTCONN') throw failure(error)
    }
  }

  /** Both directions have ended: the socket is closed now, and the stream when its reader has all bytes. */
  #closeWhenDone() {
    if (!this.#ended || !this.#finished || this.#socket === undefined) return
    const failure = this.#close()
    const close = () => void super.destroy(failure)
    if (this.readableLength > 0) this.once('end', close)
    else setImmediate(close) // after `end`
  }

  /** Closes the socket. Returns the error of that, if any; the descriptor is closed anyway. close(2) */
  #close() {
    closeAll(this.#held.splice(0))
    const socket = this.#socket
    this.#socket = this.#opening = undefined
    this.#connected = false
    this.fd = -1
    try {
      socket?.close()
    } catch (error) {
      return error
    }
  }

  /** Emits `error` and `close`, unless the connection of this `opening` is not the current one any more. */
  #fail(error, opening) {
    if (!this.destroyed && this.#opening === opening) super.destroy(error)
  }
}

class UServer extends EventEmitter {
  #socket
  #resumed // continues the loop of a paused server

  constructor() {
    super()
    this.fd = undefined
    this.paused = false
    this.listening = false
  }

  listen(path, backlog, callback) {
    if (this.#socket !== undefined) throw new Error('the UServer is listening already')
    if (typeof path === 'object' && path !== null) {
      if (typeof backlog === 'function') callback = backlog
      ;({ path, backlog } = path)
    } else if (typeof backlog === 'function') {
      callback = backlog
      backlog = undefined
    }
    if (typeof path !== 'string') throw new TypeError('path must be a string')
    backlog ||= 16
    if (typeof backlog !== 'number') throw new TypeError('backlog must be a number')
    if (typeof callback === 'function') this.once('listening', callback)
    const { Socket } = promises()
    const socket = (this.#socket = new Socket(sockets().AF_UNIX))
    let failed
    try {
      if (!path.startsWith('\0') && isSocket(path)) require('node:fs').unlinkSync(path)
      socket.bind(addressOf(path))
      socket.listen(backlog)
    } catch (error) {
      failed = failure(error)
    }
    process.nextTick(() => {
      if (this.#socket !== socket) return
      if (failed === undefined) this.#listening(socket)
      else this.#fail(failed)
    })
  }

  pause() {
    this.paused = true
  }

  resume() {
    this.paused = false
    this.#resumed?.()
  }

  close() {
    const socket = this.#socket
    if (socket === undefined) return
    this.#socket = undefined
    this.listening = false
    this.fd = -1
    socket.close()
    this.#resumed?.()
  }

  #listening(socket) {
    this.fd = socket.fd
    this.listening = true
    this.#accept(socket).catch(error => {
      if (this.#socket === socket) this.#fail(failure(error))
    })
    this.emit('listening')
  }

  #fail(error) {
    this.close()
    this.emit('error', error)
  }

  async #accept(socket) {
    for await (const [connection] of socket.connections(forever)) {
      while (this.paused && this.#socket === socket) await new Promise(resumed => (this.#resumed = resumed))
      if (this.#socket !== socket) {
        connection.close()
        return
      }
      try {
        this.emit('connection', new USocket({ fd: connection }))
      } catch (error) {
        uncaught(error)
      }
    }
  }
}

module.exports = { USocket, UServer }
