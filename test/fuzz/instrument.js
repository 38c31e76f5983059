// Makes JavaScript count the branches that it takes, for libFuzzer: a copy of lib/ in which each function, branch and loop
// begins with the increment of a counter.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

/** Instruments the CommonJS files of `folder` into `into`. Returns the number of counters: bytes of `globalThis[name]`. */
export function instrument(folder, into, name) {
  let counters = 0
  const { factory } = ts
  const increment = () =>
    factory.createPostfixIncrement(
      factory.createElementAccessExpression(factory.createIdentifier(name), factory.createNumericLiteral(counters++)),
    )
  const counted = statement =>
    factory.createBlock(
      [factory.createExpressionStatement(increment()), ...(ts.isBlock(statement) ? statement.statements : [statement])],
      true,
    )
  // Of an expression: (counter++, expression)
  const taken = expression => factory.createParenthesizedExpression(factory.createComma(increment(), expression))

  const transform = context => {
    const { BarBarToken, AmpersandAmpersandToken, QuestionQuestionToken } = ts.SyntaxKind
    const visit = node => {
      const seen = ts.visitEachChild(node, visit, context)
      if (ts.isIfStatement(seen))
        return factory.updateIfStatement(
          seen,
          seen.expression,
          counted(seen.thenStatement),
          counted(seen.elseStatement ?? factory.createBlock([])),
        )
      if (ts.isConditionalExpression(seen))
        return factory.updateConditionalExpression(
          seen,
          seen.condition,
          seen.questionToken,
          taken(seen.whenTrue),
          seen.colonToken,
          taken(seen.whenFalse),
        )
      if (
        ts.isBinaryExpression(seen) &&
        [BarBarToken, AmpersandAmpersandToken, QuestionQuestionToken].includes(seen.operatorToken.kind)
      )
        return factory.updateBinaryExpression(seen, seen.left, seen.operatorToken, taken(seen.right))
      if (ts.isForStatement(seen))
        return factory.updateForStatement(
          seen,
          seen.initializer,
          seen.condition,
          seen.incrementor,
          counted(seen.statement),
        )
      if (ts.isForOfStatement(seen))
        return factory.updateForOfStatement(
          seen,
          seen.awaitModifier,
          seen.initializer,
          seen.expression,
          counted(seen.statement),
        )
      if (ts.isWhileStatement(seen)) return factory.updateWhileStatement(seen, seen.expression, counted(seen.statement))
      if (ts.isCaseClause(seen))
        return factory.updateCaseClause(seen, seen.expression, [
          factory.createExpressionStatement(increment()),
          ...seen.statements,
        ])
      if (ts.isArrowFunction(seen) && !ts.isBlock(seen.body))
        return factory.updateArrowFunction(
          seen,
          seen.modifiers,
          seen.typeParameters,
          seen.parameters,
          seen.type,
          seen.equalsGreaterThanToken,
          taken(seen.body),
        )
      return seen
    }
    return file => ts.visitEachChild(file, visit, context)
  }

  rmSync(into, { recursive: true, force: true })
  mkdirSync(into, { recursive: true })
  for (const file of readdirSync(folder).filter(name => name.endsWith('.cjs'))) {
    const from = join(folder, file)
    if (!file.endsWith('.bundle.cjs')) {
      cpSync(from, join(into, file))
      continue
    }
    const source = ts.createSourceFile(file, readFileSync(from, 'utf8'), ts.ScriptTarget.Latest, true, ts.ScriptKind.JS)
    const result = ts.transform(source, [transform])
    writeFileSync(join(into, file), ts.createPrinter().printFile(result.transformed[0]))
  }
  return counters
}
