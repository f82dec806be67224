import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { failure, jsonLines, outputsOf, stream, USER_ID } from '../inputs/program.ts'
import { smallShop, textOf, type SmallShop } from '../inputs/small-shop.ts'
import { run, tempFolder } from './run.ts'

const folder = tempFolder()
const dirOf = (name: string): string => join(folder, name)
let shop: SmallShop

beforeAll(async () => {
  shop = await smallShop(folder)
})

/** A folder that has processed the first half of a file of its own. */
async function begun(name: string): Promise<{ dir: string; path: string }> {
  const dir = dirOf(name)
  const path = join(folder, `${name}.ndjson`)
  writeFileSync(path, textOf(shop.lines.slice(0, shop.lines.length / 2)))
  await stream(0, path, '--model', shop.model, '--state', dir)
  return { dir, path }
}

const resume = (dir: string, accept: string, ...more: string[]): ReturnType<typeof run> =>
  run(['tasks', 'resume', '0', '--accept', accept, '--state', dir, ...more])

const journal = (dir: string): Record<string, unknown>[] =>
  jsonLines(readFileSync(join(dir, 'journal.ndjson'), 'utf8'))

/** Each user's moves are numbered from 1 on: none is there twice, none is missing. */
function sequences(dir: string): void {
  const next = new Map<unknown, number>()
  for (const { userId, sequence } of jsonLines(outputsOf(dir).changed)) {
    expect(sequence).toBe((next.get(userId) ?? 0) + 1)
    next.set(userId, sequence as number)
  }
  expect(next.size).toBeGreaterThan(10)
}

describe('tasks resume --state', () => {
  it('rebuild: a state that was deleted is folded again; the same as without the loss, and nothing is sent twice', async () => {
    const { dir, path } = await begun('lost')
    const other = await begun('whole')
    writeFileSync(path, textOf(shop.lines))
    writeFileSync(other.path, textOf(shop.lines))
    await stream(0, '--state', other.dir)
    rmSync(join(dir, 'state'), { recursive: true })
    const stopped = await stream(1, '--state', dir)
    expect(
      failure(stopped, ['error [state-lost]: ', 'segmentation tasks resume P --accept rebuild']),
    ).toEqual({ code: 1, missing: [], said: '' })
    const looked = await run(['tasks', '--state', dir, '--json'])
    expect(JSON.parse(looked.out)).toMatchObject([{ task: 0, stored: null, trouble: { code: 'state-lost' } }])
    expect(await run(['tasks', '--state', dir])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/to be stopped[^]*task 0: state-lost: .*--accept rebuild/) as string,
    })
    const done = await resume(dir, 'rebuild')
    expect(done).toMatchObject({
      code: 0,
      out: expect.stringContaining('rebuild accepted in revision') as string,
    })
    await stream(0, '--state', dir)
    const named = (text: string): string => text.replaceAll('whole.ndjson', 'lost.ndjson')
    expect(outputsOf(dir).changed).toBe(named(outputsOf(other.dir).changed))
    expect(journal(dir).filter((line) => 'accepted' in line)).toMatchObject([
      { accepted: { what: 'rebuild' } },
    ])
  })

  it('stream --rebuild does the same in one go', async () => {
    const { dir } = await begun('rebuilt')
    const before = outputsOf(dir)
    await stream(0, '--state', dir, '--rebuild')
    expect(outputsOf(dir)).toEqual(before)
    expect(journal(dir).at(-1)).toMatchObject({ accepted: { what: 'rebuild' } })
  })

  it.each([
    ['corrected', (lines: readonly string[]) => lines.toSpliced(7, 1, lines[8] as string)],
    ['cut and grown', (lines: readonly string[]) => lines.slice(0, 40)],
  ])('source: an input that was %s is taken as it is now', async (name, change) => {
    const { dir, path } = await begun(name.replaceAll(' ', '-'))
    const before = outputsOf(dir)
    writeFileSync(path, textOf(change(shop.lines)))
    expect(failure(await stream(1, '--state', dir), ['error [input-changed]', '--accept source'])).toEqual({
      code: 1,
      missing: [],
      said: '',
    })
    expect(await resume(dir, 'source')).toMatchObject({ code: 0 })
    if (name === 'cut and grown')
      writeFileSync(path, textOf([...change(shop.lines), ...shop.lines.slice(-200)]))
    await stream(0, '--state', dir)
    expect(outputsOf(dir).changed.startsWith(before.changed)).toBe(true)
    expect(outputsOf(dir).changed.length).toBeGreaterThan(before.changed.length)
    sequences(dir)
    // the past as it was accepted is the one that later starts check
    await stream(0, '--state', dir)
  })

  it.each([
    ['no gap', 'gap', [], 3, 'there is no gap'],
    ['another task', 'gap', ['all'], 3, 'there is no gap'],
    ['its own recipe', 'recipe', [], 2, 'are its own'],
    ['an unknown word', 'everything', [], 2, 'Allowed choices are recipe, gap'],
    ['no such place', 'source', ['--start', 'x'], 2, 'Expected an input and earliest'],
  ])('%s: says so and changes nothing', async (_name, accept, more, code, message) => {
    const dir = dirOf('rebuilt')
    const before = journal(dir).length
    const args =
      more[0] === 'all' ? ['tasks', 'resume', 'all', '--accept', accept, '--state', dir] : undefined
    const result = args ? await run(args) : await resume(dir, accept, ...more)
    expect(failure(result, [message])).toEqual({ code, missing: [], said: '' })
    expect(journal(dir)).toHaveLength(before)
  })

  it('a whole one: published and stored are the same, and nothing needs a person', async () => {
    const { code, out } = await run(['tasks', '--state', dirOf('rebuilt'), '--json'])
    expect(code).toBe(0)
    expect(out).not.toMatch(USER_ID)
    const [line] = JSON.parse(out) as { published: number; stored: number; trouble: unknown }[]
    expect(line).toMatchObject({ stored: line?.published, trouble: null, live: null, owner: null })
    const text = await run(['tasks', '--state', dirOf('rebuilt')])
    expect(text.out.split('\n')[0]).toMatch(/^TASK +OWNER +PHASE +BEHIND +CLOCK +PUBLISHED +STORED$/)
  })

  it('needs a run folder or a config', async () => {
    expect(await run(['tasks'])).toMatchObject({ code: 2 })
    expect(await resume(dirOf('nothing'), 'rebuild')).toMatchObject({ code: 2 })
    expect(await run(['tasks', 'resume', '0', '--accept', 'gap'])).toMatchObject({ code: 2 })
  })
})
