import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { layerOf, layerViolations, packageViolations, purityViolations } from './layers.ts'
import { cycles, longFunctions, medianLines, tooLong, unreached, unresolved } from './shape.ts'
import { ROOT, sourcesBelow } from './source.ts'
import { forbiddenWords, missingPages, strayTopLevel } from './words.ts'

const src = sourcesBelow('src')
const test = sourcesBelow('test')
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>
}

/** Everything that git would keep. */
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '')

/** Source files that the program does not reach, each with its reason; what they import is there for them. */
const UNREACHED: Readonly<Record<string, string>> = {
  'src/render/report/echarts.d.ts': 'for the compiler, which knows no types of a package’s single file',
  'src/adapters/redis/reader.ts':
    'for whoever reads the state beside the consumer; the tests of the whole do',
}

describe('the house', () => {
  it('has a layer for every file', () => {
    expect(src.filter((s) => layerOf(s.path) === undefined).map((s) => s.path)).toEqual([])
  })

  it('imports downwards only, and never from one adapter to another', () => {
    expect(layerViolations(src)).toEqual([])
  })

  it('has no clock, no chance, no machine and no locale on its ground floor', () => {
    expect(purityViolations(src)).toEqual([])
  })

  it('imports only packages that it declares', () => {
    expect(packageViolations(src, Object.keys(manifest.dependencies))).toEqual([])
  })

  it('has no cycles and no imports of what is not there', () => {
    expect(cycles(src)).toEqual([])
    expect(unresolved(src)).toEqual([])
  })

  it('holds nothing that the program does not reach', () => {
    const rests = ['src/main.ts', ...Object.keys(UNREACHED)].map((entry) => new Set(unreached(src, entry)))
    expect(src.map((s) => s.path).filter((path) => rests.every((rest) => rest.has(path)))).toEqual([])
  })

  it('has short files and short functions', () => {
    expect(tooLong([...src, ...test])).toEqual([])
    expect(longFunctions(src)).toEqual([])
    const functions = src.flatMap((s) => s.functions.map((f) => f.lines))
    process.stdout.write(
      `architecture: ${src.length} files, median ${medianLines(src)} lines, ` +
        `longest ${Math.max(...src.map((s) => s.lines))}; longest function ${Math.max(...functions)} lines\n`,
    )
  })

  it('keeps its top level small', () => {
    expect(strayTopLevel(tracked)).toEqual([])
  })

  it('speaks of itself alone, and of pages that exist', () => {
    const texts = tracked
      .filter(
        (path) =>
          /\.(ts|mjs|md|json|yaml|yml|avsc)$|^\.ci\//.test(path) && path !== 'test/architecture/words.ts',
      )
      .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
    expect(forbiddenWords(texts)).toEqual([])
    const pages = [...tracked.filter((path) => path.endsWith('.md')), 'card.md']
    expect(missingPages(texts, pages)).toEqual([])
  })
})
