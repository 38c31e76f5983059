import { dirname, join } from 'node:path'
import { describe } from 'vitest'
import { declareEchoCases, echoModes } from './echo-cases.js'

describe('echo in TypeScript', () => {
  declareEchoCases({
    command: [process.execPath, join(dirname(import.meta.dirname), 'bin/bsd-sockets.js'), 'echo'],
    modes: [...echoModes, 'promises', 'reactor'],
    limit: 48,
    exhausted: /^(bsd-sockets: (accept EMFILE|Worker initialization failure: EMFILE|EMFILE: .*)\n)*$/,
  })
})
