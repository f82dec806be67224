import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseSync, Visitor } from 'vite'

export const ROOT = resolve(import.meta.dirname, '../..')

export interface Import {
  /** As written: `./x.ts`, `zod`, `node:fs`. */
  readonly from: string
  /** Path from the root where it is relative: `src/domain/x.ts`. */
  readonly path: string | undefined
  readonly line: number
}
export interface Use {
  /** `Date.now`, `new Date()`, `process`: a global as it is used. */
  readonly name: string
  readonly line: number
}
export interface FunctionSpan {
  readonly line: number
  readonly lines: number
}
export interface Source {
  /** From the root, with slashes: `src/domain/base/hash.ts`. */
  readonly path: string
  readonly text: string
  readonly lines: number
  readonly imports: readonly Import[]
  readonly uses: readonly Use[]
  readonly functions: readonly FunctionSpan[]
}

/** Reads what the rules look at from a TypeScript text. */
export function sourceOf(path: string, text: string): Source {
  const parsed = parseSync(path, text)
  if (parsed.errors.length > 0) throw new Error(`${path}: ${parsed.errors[0]?.message}`)
  const starts = lineStarts(text)
  const lineOf = (offset: number): number => starts.findLastIndex((s) => s <= offset) + 1
  const uses: Use[] = []
  const functions: FunctionSpan[] = []
  const span = (node: { start: number; end: number }): void => {
    functions.push({ line: lineOf(node.start), lines: lineOf(node.end) - lineOf(node.start) + 1 })
  }
  const use = (name: string, node: { start: number }): void => {
    uses.push({ name, line: lineOf(node.start) })
  }
  new Visitor({
    FunctionDeclaration: span,
    FunctionExpression: span,
    ArrowFunctionExpression: span,
    MemberExpression: (node) => {
      const name = node.property.type === 'Identifier' && !node.computed ? node.property.name : '[]'
      use(node.object.type === 'Identifier' ? `${node.object.name}.${name}` : `.${name}`, node)
    },
    NewExpression: (node) => {
      if (node.callee.type === 'Identifier' && node.arguments.length === 0)
        use(`new ${node.callee.name}()`, node)
    },
    CallExpression: (node) => {
      if (node.callee.type === 'Identifier') use(`${node.callee.name}()`, node)
    },
    Identifier: (node) => use(node.name, node),
  }).visit(parsed.program)
  return {
    path,
    text,
    lines: starts.length - (text.endsWith('\n') ? 1 : 0),
    imports: importsOf(path, text, lineOf),
    uses,
    functions,
  }
}

function importsOf(path: string, text: string, lineOf: (offset: number) => number): Import[] {
  const { staticImports, staticExports, dynamicImports } = parseSync(path, text).module
  const requests = [
    ...staticImports.map((i) => i.moduleRequest),
    ...staticExports.flatMap((e) =>
      e.entries.flatMap((entry) => (entry.moduleRequest ? [entry.moduleRequest] : [])),
    ),
    ...dynamicImports.map(({ moduleRequest: m }) => ({
      value: text.slice(m.start + 1, m.end - 1),
      start: m.start,
    })),
  ]
  return requests.map(({ value, start }) => ({
    from: value,
    path: value.startsWith('.') ? join(dirname(path), value).replaceAll('\\', '/') : undefined,
    line: lineOf(start),
  }))
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1)
  return starts
}

/** All TypeScript files below a folder of the project, in order of their paths. */
export function sourcesBelow(folder: string): Source[] {
  return filesBelow(folder)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => sourceOf(path, readFileSync(join(ROOT, path), 'utf8')))
}

/** Paths from the root of all files below a folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort()
}
