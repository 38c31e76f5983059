// What an editor shows for each constant: a line, and its manual page, header, RFC or page of the kernel's documentation.
import { join } from 'node:path'
import ts from 'typescript'
import * as sockets from 'bsd-sockets'
import { expect, test } from 'vitest'
import { root } from '../support/root.js'

const program = ts.createProgram([join(root, 'lib/index.d.ts')], {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
})
const checker = program.getTypeChecker()
const module = checker.getSymbolAtLocation(program.getSourceFile(join(root, 'lib/index.d.ts'))!)!
const texts = new Map(
  checker.getExportsOfModule(module).map(symbol => {
    const origin = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    return [symbol.name, ts.displayPartsToString(origin.getDocumentationComment(checker))]
  }),
)
const page = /[^.]\. .*(?:\w+\(\d\)|RFC \d+(?:, [\d.]+)?|[\w/.-]+\.h|(?:networking|crypto)\/[\w-]+)$/

test('each constant of the system has one', () => {
  const names = Object.entries(sockets).flatMap(([name, value]) =>
    /^(?!EVENT_)[A-Z][\dA-Za-z]*_|^[A-Z\d]+$/.test(name) && (typeof value === 'number' || value === undefined)
      ? [name]
      : [],
  )
  expect(names.length).toBeGreaterThan(2000)
  expect(names.filter(name => !page.test(texts.get(name) ?? ''))).toEqual([])
})

test('it comes from the texts, from the option, or from the family', () => {
  expect(texts.get('SHUT_WR')).toBe('No more is sent: the peer receives end-of-file. shutdown(2)')
  expect(texts.get('SO_REUSEPORT')).toBe('Whether several sockets may bind to the same address. socket(7)')
  expect(texts.get('IFA_LABEL')).toBe('An attribute of an address. rtnetlink(7)')
})
