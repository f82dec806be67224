import { existsSync, appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import { beforeAll, describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../src/domain/base/duration.ts'
import { run, tempFolder } from './run.ts'

const folder = tempFolder()
const at = (name: string): string => join(folder, name)
const asOf = ['--as-of', '2025-02-15']

async function done(...args: string[]): Promise<string> {
  const { code, out, err } = await run(args)
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
  return out
}

beforeAll(async () => {
  await done('generate', '--users', '400', '--days', '60', '--out', at('shop.ndjson.gz'))
  await done('features', '--events', at('shop.ndjson.gz'), ...asOf, '--out', at('features.csv'))
  await done('train', '--events', at('shop.ndjson.gz'), ...asOf, '--out', at('model'), '--min-events', '1')
})

describe('features', () => {
  it('writes the same to stdout, to a file, and to a gzipped file', async () => {
    const file = readFileSync(at('features.csv'), 'utf8')
    expect(file).toMatch(/^user_id,as_of,total_events,/)
    expect(await done('features', '--events', at('shop.ndjson.gz'), ...asOf)).toBe(file)
  })

  it('takes several times, in one reading', async () => {
    const two = await done('features', '--events', at('shop.ndjson.gz'), '--as-of', '2025-02-15,2025-01-15')
    const late = two.split('\n').filter((line) => line.includes('2025-02-15T00'))
    expect(late).toEqual(readFileSync(at('features.csv'), 'utf8').trim().split('\n').slice(1))
    expect(two).toContain('2025-01-15T00:00:00.000Z')
  })

  it('writes the same rows as Parquet', async () => {
    const times = ['--as-of', '2025-01-15,2025-02-15']
    const csv = await done('features', '--events', at('shop.ndjson.gz'), ...times)
    await done('features', '--events', at('shop.ndjson.gz'), ...times, '--out', at('both.parquet'))
    const bytes = readFileSync(at('both.parquet'))
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
    const rows = (await parquetReadObjects({ file })).map((row) =>
      Object.values(row)
        .map((v) => (v instanceof Date ? v.toISOString() : String(v)))
        .join(','),
    )
    expect(rows).toEqual(csv.trim().split('\n').slice(1))
  })

  it('says which counts are lower bounds, and in how many rows; training on them says it too', async () => {
    const view = (userId: string, i: number): string =>
      JSON.stringify({
        eventId: `${userId}${i}`,
        userId,
        eventTime: Date.UTC(2025, 0, 1) + i,
        kind: 'product_viewed',
        product: `p${i}`,
      })
    const views = [...['many', 'more'].flatMap((user) => [0, 1, 2].map((i) => view(user, i))), view('few', 0)]
    writeFileSync(at('views.ndjson'), `${views.join('\n')}\n`)
    const seen = { aggregate: 'distinct', of: 'product', on: ['product_viewed'], window: 'lifetime' }
    const features = [
      { name: 'few_kept', ...seen, keep: 2 },
      { name: 'all_kept', ...seen, keep: 3 },
      { name: 'views', aggregate: 'count', on: ['product_viewed'], window: 'lifetime' },
    ]
    writeFileSync(at('seen.json'), JSON.stringify({ name: 'seen', version: 1, zone: 'UTC', features }))
    const input = ['--events', at('views.ndjson'), '--feature-set', at('seen.json'), ...asOf]
    const found = await run(['features', ...input, '--json'])
    expect(JSON.parse(found.out)).toMatchObject({ saturated: { few_kept: 2 } })
    expect(found.err).toContain('few_kept: a lower bound in 2 rows')
    expect(found.err).not.toContain('all_kept')
    const trained = await run(['train', ...input, '--k', '2', '--min-events', '1', '--out', at('bounds')])
    expect(trained.err).toContain('few_kept: a lower bound in 2 rows')
  })

  it('names the lines that it could not read, without a user', async () => {
    await done('generate', '--users', '50', '--days', '20', '--out', at('bad.ndjson'))
    const good = readFileSync(at('bad.ndjson'), 'utf8').trim().split('\n').length
    appendFileSync(at('bad.ndjson'), 'no json\n{"userId":"secret-user","kind":"page_viewed"}\n')
    const { code, err } = await run(['features', '--events', at('bad.ndjson'), ...asOf, '--json'])
    expect(code).toBe(0)
    expect(err).toContain('2 records not read:')
    expect(err).toContain(`bad.ndjson:${good + 1} `)
    expect(err).not.toContain('secret-user')
  })

  it('ends with 3 where more than 5 % of the records are no events; nothing is trained on them', async () => {
    writeFileSync(at('wrong.ndjson'), '{}\n'.repeat(10))
    const { code, out, err } = await run(['features', '--events', at('wrong.ndjson'), ...asOf])
    expect(code).toBe(3)
    expect(out).toMatch(/^user_id,as_of,/)
    expect(err).toContain('✗ 10 of 10 records were refused, more than 5 %')
    const trained = await run(['train', '--events', at('wrong.ndjson'), ...asOf, '--out', at('never')])
    expect(trained.code).toBe(3)
  })

  it.each([
    [['--as-of', 'yesterday'], 'time yesterday: expected a day'],
    [['--as-of', '2025-02-15', '--feature-set', 'nosuch'], 'nosuch: not found; built in: '],
  ])('%j is wrong usage', async (args, message) => {
    const { code, out, err } = await run(['features', '--events', at('shop.ndjson.gz'), ...args])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
  })

  it('says which file is missing', async () => {
    const { code, err } = await run(['features', '--events', at('nosuch.ndjson'), ...asOf])
    expect(code).toBe(2)
    expect(err).toMatch(/^error \[file-missing\]: .*nosuch\.ndjson/)
  })
})

describe('train', () => {
  const version = (out: string): string => (JSON.parse(out) as { version: string }).version

  it('gives the same version for the same input, from events and from their table', async () => {
    const options = ['--feature-set', 'seed', '--min-events', '1', '--seed', '5', '--json']
    const first = await done('train', '--features', at('features.csv'), ...options, '--out', at('m1'))
    const again = await done('train', '--features', at('features.csv'), ...options, '--out', at('m2'))
    expect(version(again)).toBe(version(first))
    expect(readFileSync(at('m1/model.json'))).toEqual(readFileSync(at('m2/model.json')))
    const events = await done(
      'train',
      '--events',
      at('shop.ndjson.gz'),
      ...asOf,
      ...options,
      '--out',
      at('m3'),
    )
    const model = (name: string): Record<string, unknown> =>
      JSON.parse(readFileSync(at(`${name}/model.json`), 'utf8')) as Record<string, unknown>
    expect(model('m3')['centroids']).toEqual(model('m1')['centroids'])
    expect(version(events)).not.toBe(version(first))
  })

  it('takes none for a duration, as no dwell and no confirmation', async () => {
    const policyOf = async (...more: string[]): Promise<unknown> => {
      const dir = at(`policy-${more.join('')}`)
      await done('train', '--events', at('shop.ndjson.gz'), ...asOf, ...more, '--out', dir)
      const { policy } = JSON.parse(readFileSync(join(dir, 'model.json'), 'utf8')) as { policy: unknown }
      return policy
    }
    expect(await policyOf('--dwell', 'none', '--confirm-for', 'none')).toMatchObject({
      dwellMs: 0,
      confirmForMs: null,
    })
    expect(await policyOf('--dwell', '2h', '--confirm-for', '1d')).toMatchObject({
      dwellMs: 2 * HOUR_MS,
      confirmForMs: DAY_MS,
    })
  })

  it('without --as-of uses everything up to the last event', async () => {
    const out = await done('train', '--events', at('shop.ndjson.gz'), '--out', at('m4'), '--json')
    expect((JSON.parse(out) as { asOf: string }).asOf).toMatch(/^2025-03-01T/)
  })

  it('takes the columns of a table as they are where no feature set is named; no stream can feed them', async () => {
    await done('train', '--features', at('features.csv'), '--out', at('m6'))
    const model = JSON.parse(readFileSync(at('m6/model.json'), 'utf8')) as {
      featureSet: { name: string; features: unknown[] }
    }
    expect(model.featureSet.name).toBe('features')
    expect(model.featureSet.features[0]).toEqual({ name: 'total_events', given: true })
    expect(await done('predict', '--model', at('m6'), '--features', at('features.csv'))).toContain(
      'user_id,segment',
    )
    const { code, err } = await run([
      'stream',
      at('shop.ndjson.gz'),
      '--model',
      at('m6'),
      '--state',
      at('run6'),
    ])
    expect(code).toBe(2)
    expect(err).toContain('"total_events" of "features": only tables carry it, no event feeds it')
  })

  it('chooses k itself, and shows what among', async () => {
    const out = await done('train', '--features', at('features.csv'), '--k', 'auto', '--out', at('m7'))
    expect(out).toMatch(/^K +SILHOUETTE/)
    expect(out).toMatch(/^▸ \d/m)
    expect(readFileSync(at('m7/card.md'), 'utf8')).toContain('## Choice of k')
  })

  it('writes a study beside the model and says its heads, unless it is told not to', async () => {
    const events = ['--events', at('shop.ndjson.gz'), ...asOf, '--min-events', '3', '--out', at('m8')]
    const out = await done('train', ...events)
    expect(out).toMatch(/^axes +.+ say more than chance/m)
    expect(out).toMatch(/^events +after 3 [\d.]+ % of \d+ users have the segment/m)
    expect(out).toMatch(/^bots +0 users with more than/m)
    const { bundle } = JSON.parse(readFileSync(at('m8/study.json'), 'utf8')) as { bundle: string }
    expect(bundle).toBe(
      (JSON.parse(readFileSync(at('m8/model.json'), 'utf8')) as { version: string }).version,
    )
    expect(await done('train', ...events, '--no-study')).not.toMatch(/^axes/m)
    expect(existsSync(at('m8/study.json'))).toBe(false)
  })

  it('refuses a table without numbers', async () => {
    writeFileSync(at('words.csv'), 'user_id,city\na,Paris\n')
    const { code, err } = await run(['train', '--features', at('words.csv'), '--out', at('never')])
    expect(code).toBe(1)
    expect(err).toContain('no column holds a number')
  })

  it('shows the segments as a table', async () => {
    const out = await done('train', '--features', at('features.csv'), '--k', '3', '--out', at('m5'))
    const lines = out.split('\n')
    const head = lines.findIndex((line) => line.startsWith('SEGMENT'))
    expect(lines.slice(head + 1).filter((line) => line !== '')).toHaveLength(3)
  })

  it.each([
    [[], 'either --events'],
    [['--features', 'a.csv', '--events', 'b'], 'either --events'],
    [['--features', 'a.csv', '--as-of', '2025-02-15'], '--as-of belongs to --events'],
    [['--features', 'a.csv', '--k', '1'], 'Expected a whole number'],
    [['--features', 'a.csv', '--components', '0'], 'Expected a number'],
    [['--features', 'a.csv', '--outlier', 'maybe'], 'Allowed choices are'],
    [['--features', 'a.csv', '--outliers', 'some'], 'Expected none, robust, or a share'],
    [['--features', 'a.csv', '--outliers', '0.3'], 'Expected none, robust, or a share'],
    [['--features', 'a.csv', '--outliers', '0'], 'Expected none, robust, or a share'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, err } = await run(['train', ...args, '--out', at('never')])
    expect(code).toBe(2)
    expect(err).toContain(message)
  })

  it('says when there are too few users', async () => {
    const { code, err } = await run([
      'train',
      '--features',
      at('features.csv'),
      '--k',
      '64',
      '--components',
      '1',
      '--out',
      at('never'),
    ])
    expect(code === 0 || err.includes('training-data')).toBe(true)
    const early = await run([
      'train',
      '--events',
      at('shop.ndjson.gz'),
      '--as-of',
      '2024-01-01',
      '--out',
      at('never'),
    ])
    expect(early.code).toBe(1)
    expect(early.err).toMatch(/^error \[training-data\]: /)
  })
})

describe('predict', () => {
  const vector = '[42,30,5,2,99.5,3,0.5]'

  it('says the same for a vector, for people and for programs', async () => {
    const found = JSON.parse(await done('predict', '--model', at('model'), '--vector', vector, '--json')) as {
      segment: string
      distances: { segment: string; distance: number }[]
    }
    const nearest = [...found.distances].sort((a, b) => a.distance - b.distance)[0]
    expect(found.segment).toBe(nearest?.segment)
    expect(await done('predict', '--model', at('model'), '--vector', vector)).toContain(found.segment)
  })

  it('places everybody in a table, in its order', async () => {
    const rows = readFileSync(at('features.csv'), 'utf8').trim().split('\n').slice(1)
    const out = (await done('predict', '--model', at('model'), '--features', at('features.csv')))
      .trim()
      .split('\n')
    expect(out[0]).toBe('user_id,segment,distance,margin,outlier')
    expect(out.slice(1).map((line) => line.split(',')[0])).toEqual(rows.map((line) => line.split(',')[0]))
    const json = (await done('predict', '--model', at('model'), '--features', at('features.csv'), '--json'))
      .trim()
      .split('\n')
    expect(json.map((line) => (JSON.parse(line) as { segment: string }).segment)).toEqual(
      out.slice(1).map((line) => line.split(',')[1]),
    )
  })

  it('survives a reader that has seen enough', async () => {
    const { err } = await run(
      ['predict', '--model', at('model'), '--features', at('features.csv'), '--json'],
      { stop: 100 },
    )
    expect(err).toBe('')
  })

  it.each([
    [['--vector', vector], "required option '--model"],
    [['--model', 'x'], 'either --vector'],
    [['--model', '/nonexistent', '--vector', vector], 'no bundle at /nonexistent'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, err } = await run(['predict', ...args])
    expect(code).toBe(2)
    expect(err).toContain(message)
  })

  it('refuses a vector of another length', async () => {
    const { code, err } = await run(['predict', '--model', at('model'), '--vector', '[1,2]'])
    expect(code).toBe(2)
    expect(err).toContain('the vector has 2 values: expected 7')
  })
})
