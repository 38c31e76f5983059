import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { constants as os } from 'node:os'
import * as sockets from 'bsd-sockets'
import { describe, expect, test } from 'vitest'

interface Row {
  readonly name: string
  readonly value?: string
}

const root = dirname(import.meta.dirname)
const generator = join(root, 'scripts/generate-constants.js')
const { readBlocks } = (await import(generator)) as { readBlocks(): Record<string, Row[]> }

const here: Readonly<Record<string, unknown>> = { ...sockets }
const blocks = readBlocks()
const glibc = existsSync('/etc/alpine-release') ? [] : ['GLIBC']
const kernel = process.platform === 'darwin' ? ['DARWIN', 'DARWIN_KERNEL'] : ['LINUX', 'LINUX_KERNEL', ...glibc]
const numbered = ['PROTOCOL', process.platform === 'darwin' ? 'DARWIN_KERNEL' : 'LINUX_KERNEL']
