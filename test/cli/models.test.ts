import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { jsonLines } from '../inputs/program.ts'
import { run, tempFolder } from './run.ts'

const folder = tempFolder()
const at = (name: string): string => join(folder, name)
const done = async (...args: string[]): Promise<string> => {
  const { code, out, err } = await run(args)
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
  return out
}
const models = (...args: string[]): Promise<string> => done('models', ...args, '--models', folder)
const parsed = async (...args: string[]): Promise<unknown> => JSON.parse(await models(...args, '--json'))

beforeAll(async () => {
  await done('generate', '--users', '300', '--days', '60', '--out', at('shop.ndjson'))
  const events = ['--events', at('shop.ndjson'), '--as-of', '2025-02-15']
  await done('features', ...events, '--out', at('features.csv'))
  await done('train', ...events, '--min-events', '1', '--out', at('first'))
  await done('train', ...events, '--min-events', '1', '--k', '5', '--out', at('second'))
})

describe('models', () => {
  it('list says what is there, with aliases that every command understands', async () => {
    await models('alias', 'live', 'first')
    const [first, second] = (await parsed('list')) as { name: string; version: string; aliases: string[] }[]
    expect([first, second]).toMatchObject([
      { name: 'first', aliases: ['live'], segments: 4 },
      { name: 'second', aliases: [], segments: 5 },
    ])
    expect(await models('list')).toContain(first?.version.slice(0, 12))
    expect(await models('show', 'live')).toContain(first?.version)
    expect(await parsed('show', 'live')).toMatchObject({ version: first?.version, dir: at('first') })
    await models('alias', 'live', '--remove')
    expect((await run(['models', 'show', 'live', '--models', folder])).code).toBe(2)
  })

  it('show --json refuses a study that is not of this bundle', async () => {
    for (const [text, message] of [
      ['{', 'not JSON'],
      ['{"format":1}', 'bundle: '],
    ] as const) {
      writeFileSync(at('second/study.json'), text)
      const { code, err } = await run(['models', 'show', 'second', '--models', folder, '--json'])
      expect(code).toBe(2)
      expect(err).toContain('study.json: ')
      expect(err).toContain(message)
    }
    rmSync(at('second/study.json'))
  })

  it('label changes a name in one language, in labels and card; the version stays', async () => {
    const { version, segments } = (await parsed('show', 'first')) as {
      version: string
      segments: { key: string }[]
    }
    const key = segments[0]?.key as string
    const run = at('run')
    await done('stream', at('shop.ndjson'), '--model', at('first'), '--state', run)
    await models('label', 'first', key, '--name', 'Sleepers', '--colour', '#123456', '--state', run)
    await models('label', 'first', key, '--lang', 'fr', '--name', 'Endormis')
    const { labels, ...after } = (await parsed('show', 'first')) as {
      version: string
      labels: Record<string, unknown>
    }
    expect(after.version).toBe(version)
    expect(labels[key]).toMatchObject({ name: { en: 'Sleepers', fr: 'Endormis' }, colour: '#123456' })
    expect(readFileSync(at('first/card.md'), 'utf8')).toContain('Sleepers')
    expect(readFileSync(join(run, 'control.ndjson'), 'utf8')).toContain('"command":"labels"')
    await done('stream', '--state', run)
    const told = jsonLines(readFileSync(join(run, 'segment-catalog.ndjson'), 'utf8'))
    const names = told.filter((entry) => entry['segment'] === key).map((entry) => entry['nameEn'])
    expect(names).toHaveLength(2)
    expect(names[1]).toBe('Sleepers')
    expect(names[0]).not.toBe('Sleepers')
    expect(new Set(told.map((entry) => entry['segment'])).size).toBe(told.length / 2)
  })

  it('diff says what changed and which segment became which', async () => {
    const found = (await parsed('diff', 'first', 'second', '--features', at('features.csv'))) as {
      segments: { from: string | null; to: string | null }[]
      changes: { name: string }[]
      agreement: { users: number; moved: number }
    }
    expect(found.changes).toContainEqual({ name: 'segments', from: 4, to: 5 })
    expect(found.segments.filter((s) => s.from === null)).toHaveLength(1)
    expect(found.agreement.users).toBe(readFileSync(at('features.csv'), 'utf8').trim().split('\n').length - 1)
    const text = await models('diff', 'first', 'second', '--features', at('features.csv'))
    expect(text).toContain('would move')
    expect(text).not.toMatch(/NaN|undefined|null/)
  })

  it.each([
    [['label', 'first', 'nobody', '--name', 'x'], 'no segment "nobody", expected one of '],
    [['label', 'first', 'outlier'], 'needs --name, --description, --action or --colour'],
    [['label', 'first', 'outlier', '--colour', 'red'], 'Expected a colour'],
    [['alias', 'live'], 'either a bundle or --remove'],
    [['alias', 'first', 'second'], 'a bundle below'],
    [['show', 'nosuch'], 'no bundle at nosuch'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, err } = await run(['models', ...args, '--models', folder])
    expect(code).toBe(2)
    expect(err).toContain(message)
  })
})
