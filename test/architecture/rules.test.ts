import { describe, expect, it } from 'vitest'
import { layerViolations, packageViolations, purityViolations } from './layers.ts'
import { cycles, longFunctions, medianLines, tooLong, unreached, unresolved } from './shape.ts'
import { sourceOf } from './source.ts'
import { forbiddenWords, missingPages, strayTopLevel } from './words.ts'

/** Each rule of the house is shown a text that keeps it and one that breaks it. */

describe('layers', () => {
  it.each([
    ['src/domain/events/a.ts', '../base/b.ts', true],
    ['src/domain/base/a.ts', '../events/b.ts', false],
    ['src/domain/events/a.ts', '../features/b.ts', false],
    ['src/domain/model/a.ts', '../segments/b.ts', false],
    ['src/domain/profile/a.ts', '../segments/b.ts', true],
    ['src/domain/profile/a.ts', '../../ports/b.ts', false],
    ['src/domain/base/a.ts', '../../errors.ts', true],
    ['src/errors.ts', './domain/base/b.ts', false],
    ['src/ports/a.ts', '../domain/profile/b.ts', true],
    ['src/ports/a.ts', '../adapters/x/b.ts', false],
    ['src/adapters/x/a.ts', '../../ports/b.ts', true],
    ['src/adapters/x/a.ts', './sub/b.ts', true],
    ['src/adapters/x/a.ts', '../y/b.ts', false],
    ['src/adapters/x/a.ts', '../../app/b.ts', false],
    ['src/app/a.ts', '../ports/b.ts', true],
    ['src/app/a.ts', '../adapters/x/b.ts', false],
    ['src/app/a.ts', '../render/b.ts', false],
    ['src/app/a.ts', '../cli/b.ts', false],
    ['src/cli/a.ts', '../adapters/x/b.ts', true],
    ['src/cli/a.ts', '../compose.ts', true],
    ['src/compose.ts', './cli/b.ts', false],
    ['src/compose.ts', './adapters/x/b.ts', true],
    ['src/app/a.ts', '../compose.ts', false],
    ['src/app/a.ts', '../config.ts', false],
    ['src/main.ts', './cli/b.ts', true],
    ['src/cli/a.ts', '../main.ts', false],
    ['src/elsewhere/a.ts', '../errors.ts', false],
  ])('%s importing %s is allowed: %s', (path, from, allowed) => {
    for (const text of [
      `import { b } from '${from}'`,
      `import type { b } from '${from}'`,
      `export * from '${from}'`,
    ]) {
      expect(layerViolations([sourceOf(path, text)]).length === 0).toBe(allowed)
    }
    expect(layerViolations([sourceOf(path, `await import('${from}')`)]).length === 0).toBe(allowed)
  })
})

describe('packages', () => {
  it.each([
    ['src/domain/base/a.ts', 'zod', true],
    ['src/domain/base/a.ts', '@noble/hashes/sha2.js', true],
    ['src/domain/base/a.ts', 'node:fs', false],
    ['src/domain/base/a.ts', 'pino', false],
    ['src/render/a.ts', 'node:fs', false],
    ['src/cli/a.ts', 'node:fs', true],
    ['src/cli/a.ts', 'pino', true],
    ['src/cli/a.ts', 'left-pad', false],
    ['src/cli/a.ts', '@scope/name/deep.js', true],
    ['src/cli/a.ts', '@scope/other', false],
    ['src/cli/a.ts', './b', false],
  ])('%s importing %s is allowed: %s', (path, from, allowed) => {
    const source = sourceOf(path, `import x from '${from}'`)
    expect(packageViolations([source], ['pino', '@scope/name']).length === 0).toBe(allowed)
  })
})

describe('purity', () => {
  it.each([
    ['Date.now()', false],
    ['new Date()', false],
    ['Date()', false],
    ['new Date(5)', true],
    ['Date.UTC(2025, 0)', true],
    ['Math.random()', false],
    ['Math.floor(1.5)', true],
    ['process.exit(1)', false],
    ['console.log(1)', false],
    ['setTimeout(f, 1)', false],
    ['setImmediate(f)', false],
    ['Buffer.from([1])', false],
    ['performance.now()', false],
    ["'a'.localeCompare('b')", false],
    ['(5).toLocaleString()', false],
    ["// process.exit, Date.now()\n'Math.random'", true],
  ])('%s is allowed: %s', (text, allowed) => {
    expect(purityViolations([sourceOf('src/domain/base/a.ts', text)]).length === 0).toBe(allowed)
    expect(purityViolations([sourceOf('src/cli/a.ts', text)])).toEqual([])
  })
})

describe('shape', () => {
  const lines = (n: number, text = 'f()'): string => `${text}\n`.repeat(n)

  it('counts lines of files', () => {
    expect(tooLong([sourceOf('src/a.ts', lines(400))])).toEqual([])
    expect(tooLong([sourceOf('src/a.ts', lines(401))])).toEqual(['src/a.ts: 401 lines'])
    expect(medianLines([1, 9, 5].map((n) => sourceOf('src/a.ts', lines(n))))).toBe(5)
  })

  it.each([
    ['function f() {', '}'],
    ['const f = () => {', '}'],
    ['class A { m() {', '} }'],
  ])('counts lines of functions: %s', (head, tail) => {
    const text = (body: number): string => `\n${head}\n${lines(body)}${tail}\n`
    expect(longFunctions([sourceOf('src/a.ts', text(68))])).toEqual([])
    expect(longFunctions([sourceOf('src/a.ts', text(69))])).toEqual(['src/a.ts:2 function of 71 lines'])
  })

  it('finds cycles, dead files and imports of nothing', () => {
    const a = sourceOf('src/a.ts', "import './b.ts'")
    const b = sourceOf('src/b.ts', "import type { C } from './c.ts'")
    const back = sourceOf('src/c.ts', "export * from './a.ts'")
    const leaf = sourceOf('src/c.ts', '')
    expect(cycles([a, b, back])).toEqual(['src/a.ts → src/b.ts → src/c.ts → src/a.ts'])
    expect(cycles([a, b, leaf])).toEqual([])
    expect(unreached([a, b, leaf], 'src/a.ts')).toEqual([])
    expect(unreached([a, b, leaf], 'src/b.ts')).toEqual(['src/a.ts'])
    expect(unresolved([a, b])).toEqual(['src/b.ts:1 imports src/c.ts'])
  })
})

describe('words and places', () => {
  it.each([
    ['// TO~DO later', false],
    ["read('/wo~rk/x')", false],
    ['https://registry~.npmjs.org', false],
    ['"resol~ved": "x"', false],
    ['a network/work/ path, and what todos are', true],
  ])('%s is allowed: %s', (text, allowed) => {
    // the rows are broken by a tilde, so that this page keeps the rule itself
    expect(forbiddenWords([{ path: 'a', text: text.replace('~', '') }]).length === 0).toBe(allowed)
  })

  it('finds pages that do not exist', () => {
    const gone = 'GONE~.md'.replace('~', '')
    const texts = [{ path: 'a.ts', text: `see README.md and\n${gone}` }]
    expect(missingPages(texts, ['src/README.md'])).toEqual([`a.ts:2 ${gone} does not exist`])
    expect(missingPages(texts, ['src/README.md', gone])).toEqual([])
  })

  it('knows what stands at the top', () => {
    expect(strayTopLevel(['src/a.ts', 'README.md', 'notes.txt', 'lib/x.js'])).toEqual(['notes.txt', 'lib'])
  })
})
