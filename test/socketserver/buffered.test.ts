// BufferedReader and BufferedWriter of handlers, with chunks of the test.
import { randomBytes } from 'node:crypto'
import { Socket, TimeoutError } from 'bsd-sockets'
import { BufferedReader, BufferedWriter } from 'bsd-sockets/socketserver'
import { describe, expect, test } from 'vitest'
import { closing, connected, thrown } from '../support/tcp.js'

/** A reader of these chunks; an error among them is thrown once. `sizes`: the sizes that it asked for. */
function readerOf(chunks: readonly (string | Error)[], size?: number): { reader: BufferedReader; sizes: number[] } {
  const left = [...chunks]
  const sizes: number[] = []
  const receive = (size: number): Buffer => {
    sizes.push(size)
    const chunk = left.shift() ?? ''
    if (chunk instanceof Error) throw chunk
    return Buffer.from(chunk)
  }
  return { reader: new BufferedReader(receive, size), sizes }
}

describe('BufferedReader', () => {
  test('reads lines, wherever the chunks end', () => {
    for (const chunks of [
      ['one\ntwo\n\nlast'],
      ['on', 'e', '\n', 'two\n\nla', 'st'],
      'one\ntwo\n\nlast'.match(/[^]/g)!,
    ]) {
      const { reader } = readerOf(chunks)
      expect(Array.from({ length: 6 }, () => reader.readline().toString())).toEqual([
        'one\n',
        'two\n',
        '\n',
        'last',
        '',
        '',
      ])
      expect(Array.from(readerOf(chunks).reader, String)).toEqual(['one\n', 'two\n', '\n', 'last'])
    }
  })

  test('reads at most the given number of bytes of a line', () => {
    const { reader } = readerOf(['abc', 'def\n', 'g\n'])
    expect([2, 3, 1, 0, 1, 2, 9].map(limit => reader.readline(limit).toString())).toEqual([
      'ab',
      'cde',
      'f',
      '',
      '\n',
      'g\n',
      '',
    ])
  })

  test('with a limit it receives no more than it needs', () => {
    const { reader, sizes } = readerOf(['abcdefgh', 'never asked for'])
    expect(reader.readline(8).toString()).toBe('abcdefgh')
    expect(sizes).toHaveLength(1)
  })

  test('reads the given number of bytes, or all that are left', () => {
    const { reader } = readerOf(['abc', 'defg', 'hij', 'k'])
    expect([0, 1, 4, 5].map(size => reader.read(size).toString())).toEqual(['', 'a', 'bcde', 'fghij'])
    expect(reader.read().toString()).toBe('k')
    expect(reader.read().toString()).toBe('')
    expect(readerOf(['abc']).reader.read(5).toString()).toBe('abc') // the end comes earlier
  })

  test('reads what has arrived', () => {
    const { reader, sizes } = readerOf(['abcdef', 'gh'], 100)
    expect(reader.read1(0)).toHaveLength(0)
    expect(sizes).toEqual([])
    expect([4, 4, 4, 4].map(size => reader.read1(size).toString())).toEqual(['abcd', 'ef', 'gh', ''])
    expect(sizes).toEqual([100, 100, 100])
    expect(readerOf(['abcdef']).reader.read1().toString()).toBe('abcdef')
  })

  test('mixes lines and bytes', () => {
    const { reader } = readerOf(['POST /\r\nLength: 4\r\n', '\r\nbo', 'dyGET /\r\n'])
    expect([reader.readline(), reader.readline(), reader.readline()].map(String)).toEqual([
      'POST /\r\n',
      'Length: 4\r\n',
      '\r\n',
    ])
    expect(reader.read(4).toString()).toBe('body')
    expect(reader.readline().toString()).toBe('GET /\r\n')
  })

  test('an error loses no bytes that had arrived', () => {
    const fail = new Error('not now')
    const { reader } = readerOf(['on', fail, 'e\ntw', fail, 'o\nthr', fail, 'ee'])
    expect(thrown(() => reader.readline())).toBe(fail)
    expect(reader.readline().toString()).toBe('one\n')
    expect(thrown(() => reader.read(4))).toBe(fail)
    expect(reader.read(4).toString()).toBe('two\n')
    expect(thrown(() => reader.read())).toBe(fail)
    expect(reader.read().toString()).toBe('three')
  })

  test('reads nothing once it was closed', () => {
    const { reader } = readerOf(['some', 'thing'])
    reader.read(1)
    expect(reader.closed).toBe(false)
    reader.close()
    expect(reader.closed).toBe(true)
    for (const read of [() => reader.read(1), () => reader.read1(), () => reader.readline()]) {
      expect(read).toThrow('read EBADF')
    }
  })

  test.each([-1, 0.5, NaN, '5', null])('%j is not a size', size => {
    const { reader } = readerOf([])
    for (const name of ['read', 'read1', 'readline'] as const) {
      expect(thrown(() => reader[name](size as never))).toMatchObject({ code: expect.stringMatching(/^ERR_/) })
    }
    expect(thrown(() => new BufferedReader(() => Buffer.alloc(0), size as never))).toMatchObject({
      code: expect.stringMatching(/^ERR_/),
    })
  })

  test('many megabytes of short chunks take no longer than few', () => {
    const chunk = 'x'.repeat(8192)
    const { reader } = readerOf(Array<string>(4096).fill(chunk))
    expect(reader.readline()).toHaveLength(4096 * 8192)
  })
})

describe('BufferedWriter', () => {
  function writer(size?: number): { writer: BufferedWriter; sent: string[] } {
    const sent: string[] = []
    return { writer: new BufferedWriter(bytes => sent.push(Buffer.from(bytes as Uint8Array).toString()), size), sent }
  }

  test('sends each write at once by default', () => {
    const { writer: unbuffered, sent } = writer()
    expect(['one', Buffer.from('two'), new Uint16Array([0x6161]), ''].map(data => unbuffered.write(data))).toEqual([
      3, 3, 2, 0,
    ])
    unbuffered.flush()
    unbuffered.close()
    expect(sent.join('')).toBe('onetwoaa')
  })

  test('with a size sends once as many bytes are buffered', () => {
    const { writer: buffered, sent } = writer(8)
    for (const text of ['abc', 'def']) buffered.write(text)
    expect(sent).toEqual([])
    buffered.write('ghi')
    expect(sent).toEqual(['abcdefghi'])
    buffered.write('jkl')
    buffered.flush()
    expect(sent).toEqual(['abcdefghi', 'jkl'])
    buffered.write('m')
    buffered.close()
    buffered.close()
    expect(sent).toEqual(['abcdefghi', 'jkl', 'm'])
  })

  test('copies what is written', () => {
    const { writer: buffered, sent } = writer(100)
    const memory = Buffer.from('before')
    buffered.write(memory)
    memory.write('after!')
    buffered.flush()
    expect(sent).toEqual(['before'])
  })

  test('take returns the buffered bytes, which are then not sent', () => {
    const { writer: buffered, sent } = writer(Infinity)
    buffered.write('one ')
    buffered.write('two')
    expect(buffered.take().toString()).toBe('one two')
    expect(buffered.take()).toHaveLength(0)
    buffered.close()
    expect(sent).toEqual([])
  })

  test('writes nothing once it was closed', () => {
    const { writer: closed } = writer()
    closed.close()
    expect(closed.closed).toBe(true)
    expect(() => closed.write('x')).toThrow('write EBADF')
  })

  test('an error loses no bytes that were not sent', () => {
    const [client, accepted] = connected()
    client.settimeout(50)
    const data = randomBytes(16 * 2 ** 20)
    const buffered = new BufferedWriter(bytes => client.sendall(bytes), Infinity)
    buffered.write(data)
    expect(() => buffered.flush()).toThrow(TimeoutError) // nobody reads
    const chunks: Buffer[] = []
    for (let received = 0; received < data.length; received += chunks.at(-1)!.length) {
      chunks.push(accepted.recv(2 ** 20))
      try {
        buffered.flush()
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error
      }
    }
    expect(Buffer.concat(chunks).equals(data)).toBe(true)
  })
})

test('over a socket, both behave as the files of handlers in Python', () => {
  const [first, second] = Socket.pair().map(closing) as [Socket, Socket]
  const writer = new BufferedWriter(bytes => first.sendall(bytes), 4096)
  const reader = new BufferedReader(size => second.recv(size))
  for (const line of ['first line\n', 'second line\n']) writer.write(line)
  writer.close()
  first.close()
  expect(Array.from(reader, String)).toEqual(['first line\n', 'second line\n'])
})
