// The public names of the package, with their documentation: all that the entries of package.json export, and the members of these.
// The names of `bsd-sockets/constants` are the constants of all systems.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from '../../scripts/stamp.js'

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The declarations of each entry, by the name that programs import: `bsd-sockets/http`. */
const entries = Object.entries(exports).flatMap(([name, { require: required }]) =>
  required === undefined ? [] : [[`bsd-sockets${name.slice(1)}`, join(root, required.types)]],
)

const program = ts.createProgram(
  entries.map(([, file]) => file),
  {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    exactOptionalPropertyTypes: true,
    strict: true,
  },
)
const checker = program.getTypeChecker()

const kinds = [
  [ts.SymbolFlags.Class, 'class'],
  [ts.SymbolFlags.Function, 'function'],
  [ts.SymbolFlags.Variable, 'constant'],
  [ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias, 'type'],
  [ts.SymbolFlags.Method, 'method'],
  [ts.SymbolFlags.Accessor | ts.SymbolFlags.Property, 'property'],
  [ts.SymbolFlags.Constructor | ts.SymbolFlags.Signature, 'constructor'],
]

const original = symbol => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol)
const ours = declaration => declaration.getSourceFile().fileName.startsWith(join(root, 'lib'))

/** The constructor of a class: its own, or that of its base. */
function constructorOf(symbol) {
  const own = symbol.members?.get('__constructor')
  if (own !== undefined || (symbol.flags & ts.SymbolFlags.Class) === 0) return own
  const [base] = checker.getBaseTypes(checker.getDeclaredTypeOfSymbol(symbol))
  return base?.symbol && constructorOf(base.symbol)
}

/** The members of a class, an interface or a type, also those that come from a class or an interface that is not exported. */
function membersOf(symbol) {
  // A class that a system may lack is a variable, with a type of the same name.
  const types = [
    ...(symbol.flags & ts.SymbolFlags.Variable ? [checker.getTypeOfSymbol(symbol)] : []),
    ...(symbol.flags & (ts.SymbolFlags.Variable | ts.SymbolFlags.Type)
      ? [checker.getDeclaredTypeOfSymbol(symbol)]
      : []),
  ].flatMap(type => (type.isUnion() ? type.types : [type]))
  const statics = symbol.flags & ts.SymbolFlags.Class ? checker.getTypeOfSymbol(symbol).getProperties() : []
  const named = checker.getDeclaredTypeOfSymbol(symbol).symbol ?? symbol
  const constructors = [constructorOf(named)].filter(Boolean)
  return [...constructors, ...statics, ...types.flatMap(one => one.getProperties())]
}

const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected

const isPrivate = declaration =>
  (ts.getCombinedModifierFlags(declaration) & hidden) !== 0 ||
  (declaration.name !== undefined && ts.isPrivateIdentifier(declaration.name))

function told(name, symbol, declarations) {
  const [, kind] = kinds.find(([flag]) => symbol.flags & flag) ?? []
  return {
    name,
    kind,
    file: declarations[0].getSourceFile().fileName.slice(root.length + 1),
    text: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
    tags: symbol.getJsDocTags(checker).map(tag => `@${tag.name} ${ts.displayPartsToString(tag.text)}`),
    declarations,
  }
}

// What the language or Node calls ([Symbol.dispose], a stream's _read) is documented there; a discriminant, `family: 'unix'`, is its
// own documentation.
const documentedElsewhere = member =>
  /^_(?!_constructor)/.test(member.name) || (checker.getTypeOfSymbol(member).flags & ts.TypeFlags.StringLiteral) !== 0

function* membersBelow(name, symbol, seen) {
  for (const member of membersOf(symbol)) {
    if (member.name !== '__constructor' && documentedElsewhere(member)) continue
    const declarations = (member.declarations ?? []).filter(one => ours(one) && !isPrivate(one) && !seen.has(one))
    if (declarations.length === 0) continue
    for (const one of declarations) seen.add(one)
    yield told(`${name}.${member.name === '__constructor' ? 'constructor' : member.name}`, member, declarations)
  }
}

/** Each name once, at the first entry that has it: its kind, its file in lib/, and its documentation. */
export function* publicNames() {
  const seen = new Set()
  for (const [entry, file] of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file))
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = original(exported)
      const declarations = (symbol.declarations ?? []).filter(ours)
      if (seen.has(symbol) || declarations.length === 0) continue
      seen.add(symbol)
      const name = `${entry} ${exported.name}`
      yield told(name, symbol, declarations)
      if (!name.includes('constants')) yield* membersBelow(name, symbol, seen)
    }
  }
}
