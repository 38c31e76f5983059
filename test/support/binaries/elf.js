// Reads the headers of an ELF file. elf(5)

const machines = { 62: 'x64', 183: 'arm64' }
const SHT_SYMTAB = 2
const SHT_DYNAMIC = 6
const SHT_DYNSYM = 11
const SHT_GNU_VERNEED = 0x6ffffffe
const SHT_GNU_VERSYM = 0x6fffffff
const DT_NEEDED = 1
const DT_FLAGS_1 = 0x6ffffffb
const DF_1_NODELETE = 0x8

const text = (bytes, start) => bytes.toString('latin1', start, bytes.indexOf(0, start))

/**
 * `{ architecture, stripped, stays, needed, imports, exports }`: `stays` says that dlclose(3) does not take it away,
 * `needed` are the libraries, `imports` what it needs of them as `{ name, version, weak }`, where `version` is '' without one.
 */
export function readElf(bytes) {
  if (bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1) throw new Error('not 64-bit ELF')
  const sectionSize = bytes.readUInt16LE(58)
  const sections = Array.from({ length: bytes.readUInt16LE(60) }, (_, index) => {
    const at = Number(bytes.readBigUInt64LE(40)) + index * sectionSize
    const offset = Number(bytes.readBigUInt64LE(at + 24))
    const size = Number(bytes.readBigUInt64LE(at + 32))
    const type = bytes.readUInt32LE(at + 4)
    return { type, link: bytes.readUInt32LE(at + 40), data: () => bytes.subarray(offset, offset + size) }
  })
  const section = type => sections.find(candidate => candidate.type === type)
  const strings = of => sections[of.link].data()

  const needed = []
  let stays = false
  const dynamic = section(SHT_DYNAMIC)
  if (dynamic) {
    const entries = dynamic.data()
    for (let at = 0; at < entries.length; at += 16) {
      const tag = Number(entries.readBigInt64LE(at))
      const value = Number(entries.readBigUInt64LE(at + 8))
      if (tag === DT_NEEDED) needed.push(text(strings(dynamic), value))
      if (tag === DT_FLAGS_1) stays = (value & DF_1_NODELETE) !== 0
    }
  }

  const versions = new Map()
  const verneed = section(SHT_GNU_VERNEED)
  if (verneed) {
    const data = verneed.data()
    for (let at = 0, next = -1; next !== 0; at += next) {
      for (let aux = at + data.readUInt32LE(at + 8), step = -1; step !== 0; aux += step) {
        versions.set(data.readUInt16LE(aux + 6), text(strings(verneed), data.readUInt32LE(aux + 8)))
        step = data.readUInt32LE(aux + 12)
      }
      next = data.readUInt32LE(at + 12)
    }
  }

  const imports = []
  const exports = []
  const dynsym = section(SHT_DYNSYM)
  if (dynsym) {
    const symbols = dynsym.data()
    const versym = section(SHT_GNU_VERSYM)?.data()
    for (let index = 1; index * 24 < symbols.length; index++) {
      const name = text(strings(dynsym), symbols.readUInt32LE(index * 24))
      const version = versions.get(versym ? versym.readUInt16LE(index * 2) & 0x7fff : 0) ?? ''
      if (symbols.readUInt16LE(index * 24 + 6) !== 0) exports.push(name)
      else imports.push({ name, version, weak: symbols[index * 24 + 4] >> 4 === 2 })
    }
  }
  const architecture = machines[bytes.readUInt16LE(18)]
  return { architecture, stripped: section(SHT_SYMTAB) === undefined, stays, needed, imports, exports }
}
