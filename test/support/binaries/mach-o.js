// Reads the headers of a Mach-O file. mach-o/loader.h, mach-o/nlist.h

const architectures = { 0x01000007: 'x64', 0x0100000c: 'arm64' }
const LC_SYMTAB = 0x2
const LC_LOAD_DYLIB = 0xc
const LC_CODE_SIGNATURE = 0x1d
const LC_BUILD_VERSION = 0x32
const N_STAB = 0xe0
const N_PEXT = 0x10
const N_TYPE = 0x0e
const N_EXT = 0x01
const DYNAMIC_LOOKUP_ORDINAL = 0xfe

const text = (bytes, start) => bytes.toString('latin1', start, bytes.indexOf(0, start))

/**
 * `{ architecture, signed, minimum, stripped, needed, imports, exports }`: `minimum` is the oldest macOS, `stripped` says
 * that nothing for a debugger is left, `needed` are the libraries, `imports` what it needs as `{ name, library }`, where
 * `library` is '' if any loaded image may have it.
 */
export function readMachO(bytes) {
  if (bytes.readUInt32LE(0) !== 0xfeedfacf) throw new Error('not 64-bit Mach-O')
  const commands = []
  for (let at = 32, left = bytes.readUInt32LE(16); left > 0; left--) {
    const size = bytes.readUInt32LE(at + 4)
    commands.push({ command: bytes.readUInt32LE(at), data: bytes.subarray(at, at + size) })
    at += size
  }
  const all = command => commands.filter(candidate => candidate.command === command).map(({ data }) => data)
  const needed = all(LC_LOAD_DYLIB).map(data => text(data, data.readUInt32LE(8)))
  const [version] = all(LC_BUILD_VERSION).map(data => data.readUInt32LE(12))

  const imports = []
  const exports = []
  let debugging = 0
  for (const table of all(LC_SYMTAB)) {
    const strings = bytes.subarray(table.readUInt32LE(16))
    for (let index = 0; index < table.readUInt32LE(12); index++) {
      const at = table.readUInt32LE(8) + index * 16
      const name = text(strings, bytes.readUInt32LE(at)).replace(/^_/, '')
      const type = bytes[at + 4]
      const ordinal = bytes.readUInt16LE(at + 6) >> 8
      if (type & N_STAB) debugging++
      else if ((type & N_EXT) === 0 || (type & N_PEXT) !== 0) continue
      else if ((type & N_TYPE) !== 0) exports.push(name)
      else imports.push({ name, library: ordinal === DYNAMIC_LOOKUP_ORDINAL ? '' : needed[ordinal - 1] })
    }
  }
  return {
    architecture: architectures[bytes.readUInt32LE(4)],
    signed: all(LC_CODE_SIGNATURE).length === 1,
    minimum: version === undefined ? undefined : `${version >> 16}.${(version >> 8) & 0xff}`,
    stripped: debugging === 0,
    needed,
    imports,
    exports,
  }
}
