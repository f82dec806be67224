import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { checksText, passed, type Checks } from '../../src/cli/demo/checks.ts'
import { movesText } from '../../src/cli/demo/summary.ts'
import { run, tempFolder, type Run } from './run.ts'

const folder = tempFolder()
const demo = (...more: string[]): Promise<Run> =>
  run(['demo', '--users', '300', '--days', '60', '--out', 'shown', ...more], { cwd: folder })
const shown = join(folder, 'shown')
const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

describe('demo', () => {
  let first: Run
  let lines: string[]
  beforeAll(async () => {
    first = await demo()
    lines = first.out.split('\n')
  })

  it('tells each stage, and why there are so many segments', () => {
    expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' })
    const stages = ['generate', 'train', 'stream', 'measure', 'report']
    stages.forEach((stage, i) => {
      expect(lines[i]).toContain(` ${i + 1}/${stages.length} ${stage} `)
      expect(lines[i]).toMatch(/ \d+(\.\d)? (ms|s|min \d\d s)$/)
    })
    expect(first.out).toMatch(
      /CHOICE OF K +k +silhouette +stability +smallest +PCA +\d+ components keep \d+ %/,
    )
    const table = lines.slice(lines.findIndex((line) => line.includes('CHOICE OF K')) + 1)
    expect(table.filter((line) => /▸ +\d+/.test(line))).toHaveLength(1)
    expect(first.out).toMatch(/SEGMENT +USERS +SHARE +15 DAYS +SPEND 90 D +WHO THEY ARE/)
  })

  it('tells moves by cause as they stand in the output, one of behaviour and one of inactivity in words', () => {
    const live = readFileSync(join(shown, 'segment-changed.ndjson'), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { cause: string; userId: string; summary: string })
    const of = (cause: string): number => live.filter((m) => m.cause === cause).length
    const [, counts] = /MOVES +(.+?) {3}\(/.exec(first.out) ?? []
    expect(counts).toBe(
      `${live.length} live: first ${of('first')} · behaviour ${of('behaviour')} · inactivity ${of('inactivity')}`,
    )
    for (const cause of ['behaviour', 'inactivity']) {
      const told = live.filter((m) => m.cause === cause && first.out.includes(` ${m.userId}  `))
      expect(told.filter((m) => first.out.includes(`   ${m.summary} · margin `))).toHaveLength(1)
    }
  })

  it('checks itself, and all holds', () => {
    expect(first.out).toMatch(/✓ planted personas found again \d of 5 \(ARI 0\.\d\d\)/)
    const sha = sha256(join(shown, 'segment-changed.ndjson')).slice(0, 12)
    // a run this small may be through before it is seen to have reached the place of a kill
    expect(first.out).toMatch(
      new RegExp(`✓ killed [0-2] times: same output as undisturbed, sha256 ${sha}…, 0 lost, 0 doubled`),
    )
    expect(first.out).toMatch(/✓ replay gives the same [\d,]+ ids/)
    expect(first.out).not.toContain('✗')
  })

  it('opens files that are there, and names commands that there are', async () => {
    const [, paths = ''] = /OPEN +(.+)/.exec(first.out) ?? []
    for (const path of paths.split(/\s+/)) expect(existsSync(join(folder, path))).toBe(true)
    const commands = [...first.out.matchAll(/npx segmentation (.+?)(?: {3}|$)/gm)].map((m) => m[1] as string)
    expect(commands.length).toBeGreaterThan(3)
    const help = await run(['help'])
    for (const command of commands) expect(help.out).toMatch(new RegExp(`^  ${command.split(' ')[0]} `, 'm'))
    const explain = commands.find((command) => command.startsWith('explain')) as string
    expect(await run(explain.trim().split(' '), { cwd: folder })).toMatchObject({ code: 0 })
  })

  it('gives the same when it runs again over itself, and leaves nothing half done', async () => {
    const before = sha256(join(shown, 'segment-changed.ndjson'))
    const { code, out } = await demo('--json')
    expect(code).toBe(0)
    const told = JSON.parse(out) as { checks: Checks; k: number; candidates: { k: number }[] }
    expect(passed(told.checks)).toBe(true)
    expect(told.candidates.map((c) => c.k)).toContain(told.k)
    expect(sha256(join(shown, 'segment-changed.ndjson'))).toBe(before)
    const files = readdirSync(shown)
    expect(files).toEqual(expect.arrayContaining(['shop.ndjson', 'shop.ndjson.truth.json', 'trained']))
    expect(files.filter((name) => /replay|undisturbed|\.part$/.test(name))).toEqual([])
  })

  it('does not touch a folder that is not its own', async () => {
    const other = join(folder, 'other')
    mkdirSync(other)
    writeFileSync(join(other, 'mine.txt'), 'mine')
    const { code, err } = await run(['demo', '--users', '50', '--days', '20', '--out', other])
    expect(code).toBe(2)
    expect(err).toContain('name a new folder')
    expect(readdirSync(other)).toEqual(['mine.txt'])
  })
})

describe('the demo’s checks', () => {
  const good: Checks = {
    recovery: { ari: 0.9, distinct: 5, segments: 5 },
    planted: 5,
    kills: 2,
    sha256: 'ab'.repeat(32),
    lost: 0,
    foreign: 0,
    doubled: 0,
    sameBytes: true,
    replayed: 1234,
    replayEqual: true,
  }

  it('hold where all is as claimed', () => {
    expect(passed(good)).toBe(true)
    expect(checksText(good)).toBe(
      [
        'CHECKS ✓ planted personas found again 5 of 5 (ARI 0.90)',
        '       ✓ killed 2 times: same output as undisturbed, sha256 abababababab…, 0 lost, 0 doubled',
        '       ✓ replay gives the same 1,234 ids',
      ].join('\n'),
    )
  })

  it.each<[string, Partial<Checks>, string]>([
    ['personas are mixed up', { recovery: { ari: 0.1, distinct: 2, segments: 5 } }, '✗ planted personas'],
    ['a move is lost', { lost: 1, sameBytes: false }, '✗ killed 2 times: another output'],
    ['a move comes from nowhere', { foreign: 1, sameBytes: false }, '✗ killed 2 times'],
    ['a move comes twice', { doubled: 1, sameBytes: false }, '1 doubled'],
    ['the order is another', { sameBytes: false }, '✗ killed 2 times'],
    ['the replay differs', { replayEqual: false }, '✗ replay gives other'],
  ])('do not hold where %s', (_, over, text) => {
    expect(passed({ ...good, ...over })).toBe(false)
    expect(checksText({ ...good, ...over })).toContain(text)
  })
})

describe('moves in words', () => {
  const measures = { segmentOf: new Map(), sizes: [], examples: new Map() }

  it('names every cause that a run of one model knows, and what was held back', () => {
    const text = movesText({ ...measures, causes: new Map([['first', 3]]) }, {}, { dwell: 4, margin: 1200 })
    expect(text).toBe(
      'MOVES  3 live: first 3 · behaviour 0 · inactivity 0   (1,204 flips suppressed since the first event)',
    )
  })

  it('show a move by the names of its segments', () => {
    const labels = {
      a: { name: { en: 'Loyal' }, description: {}, colour: '' },
      b: { name: { en: 'Gone' }, description: {}, colour: '' },
    }
    const example = { userId: 'u-1', from: 'a', to: 'b', summary: 'no visit for 30 days', margin: 0.5 }
    const text = movesText(
      { ...measures, causes: new Map([['inactivity', 1]]), examples: new Map([['inactivity', example]]) },
      labels,
      {},
    )
    expect(text.split('\n')[1]).toBe('       u-1  Loyal → Gone   no visit for 30 days · margin 0.50')
  })
})
