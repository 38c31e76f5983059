// What a client says, and what it has to hear: `source` yields the pieces to send, `take` gets what arrives, `right` tells whether that
// was all of it, by its SHA-256.
import { createCipheriv, createHash } from 'node:crypto'

/** Bytes that depend on the seed alone, in pieces of different sizes. */
export function* bytesOf(seed, size) {
  const key = createHash('sha256').update(`${seed}`).digest()
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  for (let left = size; left > 0;) {
    const piece = cipher.update(Buffer.alloc(Math.min(left, 1 + ((left * 40_503 + seed) % 65_536))))
    yield piece
    left -= piece.length
  }
}

class Sum {
  #hash = createHash('sha256')
  size = 0

  add(bytes) {
    this.#hash.update(bytes)
    this.size += bytes.length
  }

  digest() {
    return this.#hash.digest('hex')
  }
}

class Echo {
  #sent = new Sum()
  #received = new Sum()
  #seed
  #size

  constructor(seed, size) {
    this.#seed = seed
    this.#size = size
  }

  *source() {
    for (const piece of bytesOf(this.#seed, this.#size)) {
      this.#sent.add(piece)
      yield piece
    }
  }

  take(bytes) {
    this.#received.add(bytes)
  }

  get received() {
    return this.#received.size
  }

  right() {
    return this.#received.size === this.#size && this.#received.digest() === this.#sent.digest()
  }
}

const zeros = Buffer.alloc(65_536)
const bodySize = 200_000

/** Requests without a pause, an upload with a length, a chunked one and a download in turn; and their answers. */
class Http {
  #seed
  #size
  #expected = [] // the lengths and sums of the bodies to come
  #head = '' // of the answer that arrives
  #body // the sum of its body so far, after its head
  #asked = false // all requests are sent
  #wrong
  received = 0

  constructor(seed, size) {
    this.#seed = seed
    this.#size = size
  }

  *source() {
    let left = this.#size
    for (let number = 0; left > 0; number++) {
      const download = number % 3 === 2
      const size = download ? zeros.length : Math.min(left, bodySize)
      left -= size
      const body = download ? zeros : Buffer.concat([...bytesOf(this.#seed + number, size)])
      const sum = new Sum()
      sum.add(body)
      this.#expected.push({ length: size, digest: sum.digest() })
      this.#asked = left <= 0
      const head = [
        download ? 'GET /large HTTP/1.1' : 'POST /echo HTTP/1.1',
        'Host: a',
        ...(this.#asked ? ['Connection: close'] : []),
      ]
      if (download) yield text([...head, '', ''])
      else if (number % 3 === 0) yield Buffer.concat([text([...head, `Content-Length: ${size}`, '', '']), body])
      else {
        yield text([...head, 'Transfer-Encoding: chunked', '', ''])
        for (let at = 0; at < size; at += 30_000) {
          const chunk = body.subarray(at, at + 30_000)
          yield Buffer.concat([text([chunk.length.toString(16), '']), chunk, text(['', ''])])
        }
        yield text(['0', '', ''])
      }
    }
  }

  take(bytes) {
    this.received += bytes.length
    while (bytes.length > 0 && this.#wrong === undefined)
      bytes = this.#body === undefined ? this.#inHead(bytes) : this.#inBody(bytes)
  }

  // Takes a part of the bytes and returns the rest; so does the next one.
  #inHead(bytes) {
    const before = this.#head.length
    this.#head += bytes.toString('latin1')
    const end = this.#head.indexOf('\r\n\r\n')
    if (end < 0) return bytes.subarray(bytes.length)
    const head = this.#head.slice(0, end)
    this.#head = ''
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1])
    if (!head.startsWith('HTTP/1.1 200 ') || length !== this.#expected[0]?.length) this.#wrong = `an answer: ${head}`
    this.#body = new Sum()
    return bytes.subarray(end + 4 - before)
  }

  #inBody(bytes) {
    const [{ length, digest }] = this.#expected
    const part = bytes.subarray(0, length - this.#body.size)
    this.#body.add(part)
    if (this.#body.size === length) {
      if (this.#body.digest() !== digest) this.#wrong = `a body of ${length} bytes`
      this.#expected.shift()
      this.#body = undefined
    }
    return bytes.subarray(part.length)
  }

  right() {
    if (this.#wrong !== undefined) throw new Error(`wrong: ${this.#wrong}`)
    return this.#asked && this.#expected.length === 0 && this.#head === ''
  }
}

const text = lines => Buffer.from(lines.join('\r\n'), 'latin1')

export const protocols = { echo: Echo, http: Http }
