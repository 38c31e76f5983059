// Which public functions can fail, read from src/: those that reach a `throw`, also through what they call, and those
// that return a promise.
import { join } from 'node:path'
import ts from 'typescript'
import { root } from '../../scripts/stamp.js'

const sources = join(root, 'src/')
const { options, fileNames } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config,
  ts.sys,
  root,
)
const program = ts.createProgram(
  fileNames.filter(name => !name.startsWith(join(sources, 'cli/'))),
  options,
)
const checker = program.getTypeChecker()
const isOurs = node => node.getSourceFile().fileName.startsWith(sources)

/** The names of a declaration and of what it is in: `Socket.recv`. */
function pathOf(node) {
  const names = []
  for (let at = node; at !== undefined && !ts.isSourceFile(at); at = at.parent) {
    if (ts.isConstructorDeclaration(at)) names.unshift('constructor')
    else if (at.name !== undefined) names.unshift('text' in at.name ? at.name.text : at.name.getText())
  }
  return names.join('.')
}

/** The functions of src/, by their file and their name. */
const functions = new Map()

const hasValue = node =>
  ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node) || ts.isPropertyAssignment(node)

function collect(node, file) {
  const code = hasValue(node) ? node.initializer : ts.isClassStaticBlockDeclaration(node) ? undefined : node.body
  const isNamed = node.name !== undefined || ts.isConstructorDeclaration(node)
  if (isNamed && (code !== undefined || ts.isMethodSignature(node) || isAbstract(node)))
    functions.set(`${file}#${pathOf(node)}`, node)
  if (!ts.isBlock(node)) ts.forEachChild(node, child => collect(child, file))
}

const isAbstract = node =>
  ts.isMethodDeclaration(node) && (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Abstract) !== 0

for (const source of program.getSourceFiles())
  if (isOurs(source)) collect(source, source.fileName.slice(root.length + 1))

/**
 * What runs when a function is called: its body, or that of the function that a constant holds; undefined if there is
 * none.
 */
function codeOf(node) {
  if (node.body !== undefined) return node.body
  if (!hasValue(node) || node.initializer === undefined) return undefined
  const { initializer } = node
  const held = ts.isBinaryExpression(initializer) ? initializer.right : initializer // `native.recvmmsg && (() => …)`
  return ts.isCallExpression(held) || ts.isNewExpression(held) ? undefined : held
}

const isNative = node => {
  const { initializer } = node
  return (
    initializer !== undefined &&
    ts.isCallExpression(initializer) &&
    /^call(Owning)?$/.test(initializer.expression.getText())
  )
}

const baseOf = declaration => {
  const clause = declaration.heritageClauses?.find(one => one.token === ts.SyntaxKind.ExtendsKeyword)
  const symbol = clause && checker.getTypeAtLocation(clause.types[0]).symbol
  return symbol?.declarations?.find(one => ts.isClassDeclaration(one) && isOurs(one))
}

/** The constructor of a class, its own or that of its base; none if there is none in src/. */
function constructorOf(declaration) {
  const own = declaration.members.find(ts.isConstructorDeclaration)
  const base = own === undefined ? baseOf(declaration) : undefined
  return own !== undefined ? [own] : base !== undefined ? constructorOf(base) : []
}

function baseConstructorOf(node) {
  let at = node
  while (!ts.isClassDeclaration(at)) at = at.parent
  const base = baseOf(at)
  return base === undefined ? [] : constructorOf(base)
}

// What a later turn of the event loop throws is no error of the call.
const isLater = node =>
  ts.isCallExpression(node) && /^(setImmediate|setTimeout|process\.nextTick)$/.test(node.expression.getText())

// What a node reaches: whether it throws, and whether it makes a system call. An error of a wrong `this` is no method's
// own.
const told = new Map()

function reach(node) {
  const known = told.get(node)
  if (known !== undefined) return known
  const found = { throws: false, calls: false }
  told.set(node, found)
  const seen = new Set()
  const queue = [node]
  while (queue.length > 0 && !(found.throws && found.calls)) {
    const one = queue.pop()
    if (seen.has(one)) continue
    seen.add(one)
    if (isNative(one)) found.calls = true
    else if (codeOf(one) !== undefined) walk(codeOf(one))
  }
  return found

  function walk(at) {
    if (ts.isThrowStatement(at) && !/^invalidThis\(/.test(at.expression.getText())) found.throws = true
    if (ts.isTryStatement(at) && at.catchClause !== undefined && !throwsAgain(at.catchClause)) {
      walk(at.catchClause)
      if (at.finallyBlock !== undefined) walk(at.finallyBlock)
      return
    }
    if (ts.isTypeNode(at) || isLater(at)) return
    if (at.kind === ts.SyntaxKind.SuperKeyword && ts.isCallExpression(at.parent)) queue.push(...baseConstructorOf(at))
    // Of `whyNot.call` the property only.
    const isObject = ts.isPropertyAccessExpression(at.parent) && at.parent.expression === at
    if ((ts.isIdentifier(at) && !isObject) || ts.isPrivateIdentifier(at)) follow(at)
    ts.forEachChild(at, walk)
  }

  function throwsAgain(clause) {
    let again = false
    const look = at => {
      if (isLater(at)) return
      if (ts.isThrowStatement(at) || (ts.isCallExpression(at) && /reject$/.test(at.expression.getText()))) again = true
      ts.forEachChild(at, look)
    }
    look(clause)
    return again
  }

  function follow(name) {
    let symbol = checker.getSymbolAtLocation(name)
    if (symbol === undefined) return
    if (symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol)
    for (const declaration of symbol.declarations ?? []) {
      if (!isOurs(declaration)) continue
      if (ts.isClassDeclaration(declaration)) {
        if (ts.isNewExpression(name.parent)) queue.push(...constructorOf(declaration))
      } else if (!ts.isParameter(declaration)) queue.push(declaration)
    }
  }
}

/** The signatures of a function; those of a function that a system may lack, too. */
const signaturesOf = node => checker.getTypeAtLocation(node).getNonNullableType().getCallSignatures()

const isPromise = node => {
  const [signature] = signaturesOf(node)
  return signature !== undefined && /^(Promise|AsyncGenerator)</.test(checker.typeToString(signature.getReturnType()))
}

const sourceOf = file => file.replace(/^lib/, 'src').replace(/\.d\.cts$/, '.ts')

/** The declaration in src/ of a name that `publicNames` gives; undefined if it is no function. */
const functionOf = ({ declarations, file }) =>
  declarations.map(one => functions.get(`${sourceOf(file)}#${pathOf(one)}`)).find(one => one !== undefined)

/**
 * Of a name that `publicNames` gives, whether it can fail: it reaches a `throw`, is a function of the addon, or returns
 * a promise; and whether it makes a system call. Undefined if it is no function, or one that users write.
 */
export function failures(name) {
  const node = functionOf(name)
  if (node === undefined) return undefined
  if (!ts.isConstructorDeclaration(node) && signaturesOf(node).length === 0) return undefined
  if (ts.isMethodSignature(node)) return isPromise(node) ? { fails: true, calls: false } : undefined
  if (isNative(node)) return { fails: true, calls: true }
  const { throws, calls } = reach(node)
  return { fails: throws || isPromise(node) || (calls && name.file.startsWith('lib/syscalls/')), calls }
}
