import { join } from 'node:path'
import { describe } from 'vitest'
import { declareEchoCases } from '../support/echo-cases.js'
import { modesInTypeScript } from '../support/modes.js'
import { root } from '../support/root.js'

describe('echo in TypeScript', () => {
  declareEchoCases({
    command: [process.execPath, join(root, 'bin/bsd-sockets.js'), 'echo'],
    modes: modesInTypeScript,
    limit: 48,
    exhausted:
      /^(bsd-sockets: ((accept|fcntl) EMFILE|Worker initialization failure: EMFILE|EMFILE: .*|.*: too many open files\.)\n)*$/,
  })
})
