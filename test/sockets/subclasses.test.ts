// Users' subclasses of either Socket, whose constructors make calls, throw, or take no arguments.
import { AF_UNIX, Socket, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_STREAM } from 'bsd-sockets'
import { Socket as PromisesSocket } from 'bsd-sockets/promises'
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { closing, listening, thrown } from '../support/tcp.js'

const openCount = (): number => readdirSync(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd').length

type Given = [family?: number, type?: number, protocol?: number, fd?: number]

const floors: [string, typeof Socket][] = [
  ['the synchronous Socket', Socket],
  ['the Socket of bsd-sockets/promises', PromisesSocket as unknown as typeof Socket], // methods that cannot block are the same
]

describe.each(floors)('%s', (_, Base) => {
  let throwing = false
  class Picky extends Base {
    constructor(...given: Given) {
      super(...given)
      if (throwing) throw new Error('no more')
    }
  }

  class Closing extends Base {
    constructor(...given: Given) {
      super(...given)
      this.close()
      throw new Error('closed it itself')
    }
  }

  class Early extends Base {
    constructor(...given: Given) {
      if (throwing) throw new Error('too early')
      super(...given)
    }
  }

  class Deaf extends Base {
    constructor() {
      super(AF_UNIX, SOCK_STREAM)
    }
  }

  const failing = (call: () => unknown): unknown => {
    throwing = true
    try {
      return thrown(call)
    } finally {
      throwing = false
    }
  }

  test.each([
    ['throws', Picky],
    ['throws before it has a descriptor', Early],
  ])('accept, dup and pair of a class whose constructor %s leave no descriptor', (_, Kind) => {
    const listener = closing(new Kind())
    listener.bind(['127.0.0.1', 0])
    listener.listen()
    closing(new Socket()).connect(listener.getsockname())
    const before = openCount()
    expect(failing(() => listener.tryAccept())).toBeInstanceOf(Error)
    expect(failing(() => listener.dup())).toBeInstanceOf(Error)
    expect(failing(() => Kind.pair())).toBeInstanceOf(Error)
    expect(openCount()).toBe(before)
  })

  test('nor if the constructor closes its descriptor, which is not closed again', () => {
    const before = openCount()
    expect(thrown(() => Closing.pair())).toMatchObject({ message: 'closed it itself' })
    expect(openCount()).toBe(before)
  })

  test('a fromFd that throws leaves the descriptor to its owner', () => {
    const socket = new Socket()
    const fd = socket.detach()
    expect(failing(() => Picky.fromFd(fd))).toMatchObject({ message: 'no more' })
    expect(failing(() => Early.fromFd(fd))).toMatchObject({ message: 'too early' })
    const again = Picky.fromFd(fd)
    expect(again.fd).toBe(fd)
    again.close()
  })

  test('a constructor that accepts no descriptor is reported', () => {
    const before = openCount()
    expect(thrown(() => Deaf.pair())).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
    expect(openCount()).toBe(before)
  })

  test('a constructor that makes calls changes no result', () => {
    const bystander = closing(listening())
    class Busy extends Base {
      constructor(...given: Given) {
        super(...given)
        bystander.getsockname()
      }
    }
    const listener = closing(new Busy())
    listener.bind(['127.0.0.1', 0])
    listener.listen()
    const client = closing(new Socket())
    client.connect(listener.getsockname())
    const [accepted, address] = listener.tryAccept()!
    closing(accepted)
    expect(address).toEqual(client.getsockname())
  })

  test('a descriptor that is closed while an address is read is not used', () => {
    const socket = new Base(AF_UNIX, SOCK_DGRAM)
    const trap = {
      family: 'unix' as const,
      get path() {
        socket.close()
        return '/nowhere'
      },
    }
    expect(thrown(() => socket.bind(trap))).toMatchObject({ code: 'EBADF' })
  })

  test.skipIf(SOCK_NONBLOCK === undefined)('SOCK_NONBLOCK in the type is the timeout 0', () => {
    const type = SOCK_DGRAM | SOCK_NONBLOCK!
    const pair = Base.pair(AF_UNIX, type)
    using alone = new Base(AF_UNIX, type)
    for (const socket of [...pair, alone]) {
      expect(socket.type).toBe(SOCK_DGRAM)
      expect(socket.gettimeout()).toBe(0)
    }
    for (const socket of pair) socket.close()
    using blocking = new Base(AF_UNIX, SOCK_DGRAM)
    expect(blocking.gettimeout()).toBeNull()
  })
})
