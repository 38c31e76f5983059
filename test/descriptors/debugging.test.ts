// BSD_SOCKETS_DEBUG: bytes that were kept, two owners of a descriptor, and leaks.
import { expect, test } from 'vitest'
import { Child, inline } from '../support/child.js'

const run = (code: string, debug = '1'): Promise<string> =>
  new Child(process.execPath, inline(code), { BSD_SOCKETS_DEBUG: debug }).finished()

const kept = `
  import { connect, listen } from 'bsd-sockets/reactor'
  let kept
  const server = listen({ data(connection, bytes) {
    if (kept !== undefined) return
    kept = [bytes, Buffer.from(bytes), bytes.toString()]
    setImmediate(() => {
      console.log(kept[2], kept[1].toString(), kept[0].toString('latin1') === '\\xa5'.repeat(5))
      server.close()
      client.destroy()
    })
  } })
  const client = connect({ port: server.address.port })
  client.write('hello')`

test('the bytes of data are overwritten after the call, and a copy is not', async () => {
  expect(await run(kept)).toBe('hello hello true\n')
  expect(await run(kept, '')).toBe('hello hello false\n')
})

const head = `
  import { OwnedFd, Socket } from 'bsd-sockets'
  import { setTimeout } from 'node:timers/promises'
  const warnings = []
  process.removeAllListeners('warning')
  process.on('warning', ({ code, message }) => warnings.push([code, message]))
  async function collect() {
    for (let i = 0; i < 3; i++) { gc(); await setTimeout(10) }
  }`

test('two owners of a descriptor are reported with both stacks', async () => {
  const text = await run(`${head}
    const first = function firstOwner() { return new Socket() }()
    const second = Socket.fromFd(first.fd)
    const third = new OwnedFd(second.detach())
    third.detach()
    await setTimeout(1)
    console.log(JSON.stringify(warnings))`)
  const warnings = JSON.parse(text) as [string, string][]
  expect(warnings.map(([code]) => code)).toEqual(['BSD_SOCKETS_TWO_OWNERS'])
  expect(warnings[0]![1]).toMatch(/first was made here:\n +at .*firstOwner[^]*second was made here:\n +at .*:1[12]\b/)
})

test('a borrowed descriptor has one owner, and a dropped view is no leak', async () => {
  const text = await run(`${head}
    const owner = new Socket()
    Socket.borrow(owner.fd)
    Socket.borrow(owner.fd).close()
    await collect()
    owner.setInheritable(false) // it is still open
    owner.close()
    console.log(JSON.stringify(warnings))`)
  expect(text).toBe('[]\n')
})

test('a number that is used again, a duplicate and a moved descriptor are no second owner', async () => {
  const text = await run(`${head}
    const first = new Socket()
    first.close()
    const second = new Socket()
    const other = second.dup()
    const moved = Socket.fromFd(second.detach())
    const owned = new OwnedFd(moved.detach())
    const [one, two] = Socket.pair()
    for (const socket of [owned, other, one, two]) socket.close()
    await collect()
    console.log(JSON.stringify(warnings))`)
  expect(text).toBe('[]\n')
})

test('a leak says where the socket was made', async () => {
  const code = `${head}
    ;(function leaking() { new Socket() })()
    await collect()
    console.log(JSON.stringify(warnings))`
  const [[name, message]] = JSON.parse(await run(code)) as [[string, string]]
  expect(name).toBe('BSD_SOCKETS_LEAK')
  expect(message).toMatch(/stays open\. It was made here:\n +at .*leaking/)
  const [[, plain]] = JSON.parse(await run(code, '')) as [[string, string]]
  expect(plain).toMatch(/stays open$/)
})
