import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { zoneTable } from '../adapters/system/zone.ts'
import { saturatedRows, snapshots, wholeTable } from '../app/features.ts'
import { laterEvents } from '../app/study/min-events.ts'
import { Watch, type History } from '../app/study/watch.ts'
import { alignTable, type FeatureTable } from '../app/training-table.ts'
import type { Event } from '../domain/events/event.ts'
import { parseFeatureSet, type FeatureSet } from '../domain/features/feature-set.ts'
import { compilePlan } from '../domain/features/plan.ts'
import { fail } from '../errors.ts'
import type { Cli } from './cli.ts'
import { noteRejects, noteSaturated, noteUncounted, openEventFiles } from './event-files.ts'
import { parseFeatureCsv, type FeatureCsv } from './feature-csv.ts'
import { checkRefused } from './rejects.ts'
import { parseTime } from './times.ts'

/** What a bundle is trained on, and what its card says about it. */
export interface TrainingTable {
  readonly table: FeatureTable
  /** Of events; undefined: a table came alone. */
  readonly history?: History
  readonly unused: readonly string[]
  readonly source: string
  readonly asOf: string
}

/** How the features of events are made. */
export interface TableOptions {
  readonly featureSet: FeatureSet
  readonly asOf?: string | undefined
  readonly currency?: string | undefined
  /** Of the model to be: how far back the first events of users are remembered. */
  readonly minEvents: number
}

/**
 * The features of all users of event files; without `asOf`, as of just after the last event, and without `currency`, in that
 * of the first event that has one.
 */
export async function tableOfEvents(
  cli: Cli,
  paths: readonly string[],
  { featureSet, asOf, currency, minEvents }: TableOptions,
): Promise<TrainingTable> {
  const zone = zoneTable(featureSet.zone)
  const plan = compilePlan(featureSet, zone)
  const at = asOf === undefined ? (await lastEventTime(cli, paths, currency)) + 1 : parseTime(asOf, zone)
  const { events, rejects, money } = openEventFiles(cli, { paths, title: 'features', currency })
  const watch = new Watch(laterEvents(minEvents))
  const [snapshot] = await snapshots(plan, events, [at], watch.folded)
  noteRejects(cli, { rejects, money })
  // before training, not after: a model of half the records would look as good as any
  checkRefused(rejects)
  if (snapshot === undefined) return fail('training-data', 'no events')
  noteSaturated(cli, saturatedRows([snapshot]))
  noteUncounted(cli, [snapshot])
  return {
    table: { ...wholeTable(snapshot), currency: money.code },
    history: watch.result(),
    unused: [],
    source: sourceOf(paths),
    asOf: new Date(at).toISOString(),
  }
}

/** Events may come in any order: the end is known only after a first reading. */
async function lastEventTime(
  cli: Cli,
  paths: readonly string[],
  currency: string | undefined,
): Promise<number> {
  if (paths.includes('-')) fail('usage', 'standard input is read once: give --as-of')
  const { events } = openEventFiles(cli, { paths, title: 'looking for the end', currency })
  let last = Number.NEGATIVE_INFINITY
  const later = (e: Event): void => {
    if (e.eventTime > last) last = e.eventTime
  }
  for await (const event of events) later(event)
  if (last === Number.NEGATIVE_INFINITY) fail('training-data', `${paths.join(', ')}: no event could be read`)
  return last
}

/**
 * A table of `features`, or of any other maker, with the columns of the feature set; without one, with every column of numbers,
 * as they are. It does not say its currency.
 */
export function tableOfCsv(
  path: string,
  featureSet: FeatureSet | undefined,
  currency?: string,
): TrainingTable & { readonly featureSet: FeatureSet } {
  const { table: read, asOf } = readFeatureCsv(path)
  const set = featureSet ?? givenFeatures(read, path)
  const { table, unused } = alignTable({ ...read, currency }, set)
  const times = asOf.length === 0 ? 'unknown' : asOf.join(', ')
  return { featureSet: set, table, unused, source: sourceOf([path]), asOf: times }
}

/** The feature set of a table that nobody declared: a column in which something is a number, untransformed. */
function givenFeatures({ columns, values }: FeatureTable, path: string): FeatureSet {
  const width = columns.length
  const numeric = columns.filter((_, j) => {
    for (let at = j; at < values.length; at += width) if (!Number.isNaN(values[at])) return true
    return false
  })
  if (numeric.length === 0) fail('training-data', `${path}: no column holds a number`)
  const name = basename(path).replace(/\..*$/, '')
  const features = numeric.map((column) => ({ name: column, given: true }))
  return parseFeatureSet({ name, version: 1, zone: 'UTC', features }, path)
}

const GZIP_MAGIC = [0x1f, 0x8b] as const

/** Reads and parses a table of features, gzipped or not. */
export function readFeatureCsv(path: string): FeatureCsv {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
    if (GZIP_MAGIC.every((byte, i) => bytes[i] === byte)) bytes = gunzipSync(bytes)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    if (code === 'ENOENT') return fail('file-missing', `${path}: not found`)
    return fail('file-unreadable', `${path}: ${code}`, error)
  }
  return parseFeatureCsv(bytes.toString('utf8'), path)
}

/** Names without their folders: where a file lies is no fact about the training. */
function sourceOf(paths: readonly string[]): string {
  return paths.map((path) => basename(path)).join(', ')
}
