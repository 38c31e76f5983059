import { join } from 'node:path'
import { describe } from 'vitest'
import { declareEchoCases, echoModes } from '../support/echo-cases.js'
import { root } from '../support/root.js'

describe('echo in TypeScript', () => {
  declareEchoCases({
    command: [process.execPath, join(root, 'bin/bsd-sockets.js'), 'echo'],
    modes: [...echoModes, 'promises', 'reactor'],
    limit: 48,
    exhausted: /^(bsd-sockets: (accept EMFILE|Worker initialization failure: EMFILE|EMFILE: .*)\n)*$/,
  })
})
