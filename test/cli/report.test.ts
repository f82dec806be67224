import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { run, tempFolder } from './run.ts'

const folder = tempFolder()
const at = (name: string): string => join(folder, name)
const report = (...args: string[]): ReturnType<typeof run> =>
  run(['report', '--out', at('report.html'), ...args])

beforeAll(async () => {
  for (const args of [
    ['generate', '--users', '120', '--days', '40', '--out', at('shop.ndjson')],
    ['train', '--events', at('shop.ndjson'), '--as-of', '2025-02-01', '--out', at('model')],
    ['features', '--events', at('shop.ndjson'), '--as-of', '2025-02-01', '--out', at('table.csv')],
    ['train', '--features', at('table.csv'), '--out', at('of-table')],
  ])
    expect(await run(args)).toMatchObject({ code: 0 })
}, 120_000)

describe('report', () => {
  it('writes one file, the same twice, and says how large it is', async () => {
    const args = ['--model', at('model'), '--events', at('shop.ndjson'), '--json']
    const first = await report(...args)
    expect(first.code).toBe(0)
    const bytes = readFileSync(at('report.html'))
    expect(JSON.parse(first.out)).toEqual({ out: at('report.html'), bytes: statSync(at('report.html')).size })
    expect((await report(...args)).code).toBe(0)
    expect(readFileSync(at('report.html')).equals(bytes)).toBe(true)
  })

  it('does with the model alone, in another language too', async () => {
    expect((await report('--model', at('model'), '--locale', 'fr')).code).toBe(0)
    expect(readFileSync(at('report.html'), 'utf8')).toContain('<html lang="fr">')
  })

  it.each([
    ['no such model', 2, 'no bundle at', () => ['--model', at('nothing')]],
    ['no such language', 2, 'de', () => ['--model', at('model'), '--locale', 'de']],
    ['no such run folder', 2, 'folder-missing', () => ['--model', at('model'), '--state', at('nothing')]],
    [
      'nothing before the as-of',
      1,
      'no event before 2024-01-01',
      () => ['--model', at('model'), '--events', at('shop.ndjson'), '--as-of', '2024-01-01'],
    ],
  ] as const)('%s: it says so, and leaves no half file', async (_, code, message, args) => {
    const { code: found, err } = await run(['report', '--out', at('half.html'), ...args()])
    expect({ code: found, err }).toEqual({ code, err: expect.stringContaining(message) as string })
    expect([existsSync(at('half.html')), existsSync(at('half.html.part'))]).toEqual([false, false])
  })

  it('refuses a study of another bundle', async () => {
    writeFileSync(at('of-table/study.json'), '{"format":1}')
    const { code, err } = await report('--model', at('of-table'))
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('study-invalid') as string })
  })
})
