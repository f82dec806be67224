import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { HOUR_MS, DAY_MS } from '../../src/domain/base/duration.ts'
import type { Bundle } from '../../src/domain/segments/bundle.ts'
import { ROOT, run, tempFolder } from '../cli/run.ts'
import { farthest, sharedJson, type Golden } from '../domain/model/golden.ts'
import { jsonLines, outputsOf } from '../inputs/program.ts'

// A real clickstream from raw records to segments, by the commands that a person types, against scikit-learn's numbers. The
// data is not part of the repository.
const DATA = resolve(ROOT, '../shared/data')
const CLICKS = join(DATA, 'clickstream/rees46_2019-10-01_first_170min.csv.gz')
const GOLDEN = 'golden/rees46_first_170min_seed7'
const GOLDEN_TABLE = join(DATA, `${GOLDEN}_features.csv.gz`)
const HERE = existsSync(CLICKS) && existsSync(GOLDEN_TABLE)

const RECORDS = 17_434
const USERS = 4504
/** Unit in which the golden file counts recency, and to which our feature floors it. */
const RECENCY_STEP_DAYS = HOUR_MS / DAY_MS
const TOLERANCE = 1e-9

const folder = tempFolder()
const at = (name: string): string => join(folder, name)

/** Runs one command that must end with 0; its JSON result, and what it said. */
async function json(...args: string[]): Promise<{ result: Record<string, unknown>; err: string }> {
  const { code, out, err } = await run([...args, '--json'])
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
  return { result: JSON.parse(out) as Record<string, unknown>, err }
}

interface Csv {
  readonly columns: readonly string[]
  readonly users: readonly string[]
  readonly column: (name: string) => number[]
}

function csvOf(bytes: Buffer): Csv {
  const [head, ...rows] = bytes.toString('utf8').trim().split(/\r?\n/)
  const columns = (head as string).split(',')
  const cells = rows.map((row) => row.split(','))
  const of = (name: string): string[] => cells.map((row) => row[columns.indexOf(name)] as string)
  return { columns, users: of('user_id'), column: (name) => of(name).map(Number) }
}

const modelIn = (dir: string): Bundle => JSON.parse(readFileSync(join(dir, 'model.json'), 'utf8')) as Bundle
const MODEL = ['--feature-set', 'seed', '--k', '4', '--components', '2', '--seed', '7', '--min-events', '1']

it.runIf(!HERE)('the real clickstream is not here: the golden run is skipped', ({ skip }) => {
  skip(`${CLICKS} is missing`)
})

describe.runIf(HERE)('a real clickstream', () => {
  let golden: Golden
  let ingested: Record<string, unknown>
  let featured: Record<string, unknown>

  beforeAll(async () => {
    golden = sharedJson(`${GOLDEN}.json`) as Golden
    ingested = (await json('ingest', CLICKS, '--mapping', 'rees46', '--out', at('events.ndjson'))).result
    const events = ['--events', at('events.ndjson'), '--as-of', '2019-10-02']
    featured = (await json('features', ...events, '--out', at('features.csv'))).result
    await json('train', ...events, ...MODEL, '--dwell', 'none', '--out', at('model'))
  })

  it('is read whole: every record is an event, and every event a line', () => {
    expect(ingested).toMatchObject({ read: RECORDS, events: RECORDS, skipped: {}, refused: {} })
    const lines = jsonLines(readFileSync(at('events.ndjson'), 'utf8'))
    expect(lines).toHaveLength(RECORDS)
    expect(new Set(lines.map((event) => event['eventId'])).size).toBe(RECORDS)
    expect(existsSync(at('events.ndjson.dead-letter.ndjson'))).toBe(false)
  })

  it('has the reference’s features, user by user; recency within its step', () => {
    expect(featured).toMatchObject({
      currency: 'USD',
      columns: golden.features,
      rows: [{ asOf: '2019-10-02T00:00:00.000Z', users: USERS }],
      rejects: {},
    })
    const ours = csvOf(readFileSync(at('features.csv')))
    const theirs = csvOf(gunzipSync(readFileSync(GOLDEN_TABLE)))
    expect(ours.users).toEqual([...theirs.users].sort())
    const place = new Map(theirs.users.map((user, i) => [user, i]))
    for (const name of golden.features) {
      const column = theirs.column(name)
      const expected = ours.users.map((user) => column[place.get(user) as number] as number)
      const found = ours.column(name)
      if (name !== 'days_since_last_event') {
        expect({ name, off: farthest(found, expected) < TOLERANCE }).toEqual({ name, off: true })
        continue
      }
      const floored = expected.map((days, i) => days - (found[i] as number))
      expect(Math.min(...floored)).toBeGreaterThanOrEqual(-TOLERANCE)
      expect(Math.max(...floored)).toBeLessThan(RECENCY_STEP_DAYS)
      for (const days of found) {
        const steps = days / RECENCY_STEP_DAYS
        expect(Math.abs(steps - Math.round(steps))).toBeLessThan(TOLERANCE)
      }
    }
  })

  it('gives the reference’s scaler and components, from the reference’s features', async () => {
    const { result, err } = await json('train', '--features', GOLDEN_TABLE, ...MODEL, '--out', at('golden'))
    expect(result).toMatchObject({ users: USERS, currency: null })
    expect(err).toContain('the feature set does not name them: conversion_rate_view, conversion_rate_cart')
    const { scaler, pca, training } = modelIn(at('golden'))
    expect(training.users).toBe(golden.rows)
    expect(farthest(scaler.mean, golden.scaler.mean)).toBeLessThan(TOLERANCE)
    expect(farthest(scaler.scale, golden.scaler.scale)).toBeLessThan(TOLERANCE)
    expect(pca.components).toHaveLength(2)
    pca.components.forEach((component, c) => {
      expect(farthest(component, golden.pca_full.components[c] as number[])).toBeLessThan(TOLERANCE)
    })
    const { explained_variance: variance, explained_variance_ratio: ratio } = golden.pca_full
    expect(farthest(pca.explainedVariance, variance.slice(0, 2))).toBeLessThan(TOLERANCE)
    expect(farthest(pca.explainedVarianceRatio, ratio.slice(0, 2))).toBeLessThan(TOLERANCE)
    // the reference starts once, from given rows; the best of our starts lies no farther from its centroids
    expect(training.metrics['inertia']).toBeLessThanOrEqual(golden.kmeans_tol_0.inertia)
    expect(training.metrics['inertia']).toBeGreaterThan(0.95 * golden.kmeans_tol_0.inertia)
  })

  it('is placed where the reference places it, customer by customer', async () => {
    const { code, out } = await run([
      'predict',
      '--model',
      at('golden'),
      '--features',
      GOLDEN_TABLE,
      '--json',
    ])
    expect(code).toBe(0)
    const placed = jsonLines(out) as unknown as { steps: { projected: number[] } }[]
    expect(placed).toHaveLength(USERS)
    golden.projected_first_5.forEach((expected, i) => {
      expect(farthest(placed[i]?.steps.projected ?? [], expected)).toBeLessThan(TOLERANCE)
    })
  })

  it('trained on our features differs from the reference by the floor of recency alone', () => {
    const { scaler, training } = modelIn(at('model'))
    expect(training).toMatchObject({ users: USERS, currency: 'USD', source: 'events.ndjson' })
    const recency = golden.features.indexOf('days_since_last_event')
    const others = (values: readonly number[]): number[] => values.filter((_, j) => j !== recency)
    expect(farthest(others(scaler.mean), others(golden.scaler.mean))).toBeLessThan(TOLERANCE)
    expect(farthest(others(scaler.scale), others(golden.scaler.scale))).toBeLessThan(TOLERANCE)
    const floored = (golden.scaler.mean[recency] as number) - (scaler.mean[recency] as number)
    expect(floored).toBeGreaterThan(0)
    expect(floored).toBeLessThan(RECENCY_STEP_DAYS)
  })

  describe('streamed', () => {
    /** By way of `ingest`, and straight from the shop's own records. */
    let byEvents: Record<string, unknown>
    let byRecords: Record<string, unknown>

    beforeAll(async () => {
      const model = ['--model', at('model')]
      byEvents = (await json('stream', at('events.ndjson'), ...model, '--state', at('by-events'))).result
      byRecords = (await json('stream', CLICKS, '--mapping', 'rees46', ...model, '--state', at('by-records')))
        .result
    })

    it('has every record accounted for, and everybody in a segment', () => {
      for (const result of [byEvents, byRecords]) {
        expect(result).toMatchObject({ records: RECORDS, events: RECORDS, skipped: {}, refused: {} })
        const members = Object.values(result['members'] as Record<string, number>)
        expect(members.reduce((a, b) => a + b, 0)).toBe(USERS)
      }
      expect(outputsOf(at('by-events')).refused + outputsOf(at('by-records')).refused).toBe('')
    })

    it('makes the same moves either way, line by line: only the name of the input differs', () => {
      const [one, other] = [outputsOf(at('by-events')), outputsOf(at('by-records'))]
      // a record and its event have the same place in their inputs, so even the offsets and the ids agree
      const named = other.changed.replaceAll(
        '"sourceTopic":"rees46_2019-10-01_first_170min.csv.gz"',
        '"sourceTopic":"events.ndjson"',
      )
      const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
      expect(sha256(named)).toBe(sha256(one.changed))
      expect(sha256(other.segments)).toBe(sha256(one.segments))
      const ids = jsonLines(one.changed).map((move) => move['id'])
      expect(new Set(ids).size).toBe(byEvents['moves'])
      expect(ids.length).toBeGreaterThan(USERS)
    })

    it.each(['by-events', 'by-records'])('%s: its past is computed again, line by line', async (name) => {
      const { result } = await json('replay', '--state', at(name))
      const moves = name === 'by-events' ? byEvents['moves'] : byRecords['moves']
      expect(result).toMatchObject({ transitions: moves, diverged: 0 })
      expect(result['comparisons']).toEqual([
        { name: 'segment-changed', lines: moves },
        { name: 'user-segments', lines: moves },
        { name: 'dead-letter', lines: 0 },
      ])
    })
  })
})
