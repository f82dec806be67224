import { openBundleFiles } from '../adapters/files/bundles.ts'
import { alignTable } from '../app/training-table.ts'
import { compileAssigner } from '../domain/segments/assigner.ts'
import type { Bundle } from '../domain/segments/bundle.ts'
import { compareBundles, type Comparison, type Placed } from '../domain/segments/compare.ts'
import { fail } from '../errors.ts'
import { number, percent } from '../render/format.ts'
import { table } from '../render/table.ts'
import type { Cli } from './cli.ts'
import { readFeatureCsv } from './training-table.ts'

export interface DiffFlags {
  readonly models: string
  readonly features?: string
  readonly json?: boolean
}

/** `models diff`: two bundles side by side. */
export async function diffModels(
  cli: Cli,
  refs: { readonly from: string; readonly to: string },
  { models, features, json }: DiffFlags,
): Promise<void> {
  const store = openBundleFiles(models)
  const [from, to] = [(await store.load(refs.from)).bundle, (await store.load(refs.to)).bundle]
  const placed = features === undefined ? undefined : placeUsers(features, from, to)
  const found = compareBundles(from, to, placed)
  await cli.print(json === true ? JSON.stringify(found) : diffText(found))
}

/** The nearest centroid of everybody in a table, by either bundle. Needs the columns of both. */
function placeUsers(path: string, from: Bundle, to: Bundle): Placed {
  const { table: read } = readFeatureCsv(path)
  const place = (bundle: Bundle): Int32Array => {
    const { values } = alignTable(read, bundle.featureSet).table
    const { F, assign } = compileAssigner(bundle)
    const bad = values.findIndex((x) => !Number.isFinite(x))
    if (bad >= 0) fail('training-data', `${path}: row ${Math.floor(bad / F) + 1}: expected numbers only`)
    return Int32Array.from({ length: values.length / F }, (_, i) =>
      assign(values.subarray(i * F, (i + 1) * F)),
    )
  }
  return { from: place(from), to: place(to) }
}

function diffText({ features, changes, segments, agreement, ...versions }: Comparison): string {
  const share = (x: number | null): string => (x === null ? '–' : percent(x))
  const parts = [`${versions.from.slice(0, 12)} → ${versions.to.slice(0, 12)}`]
  const lists = [
    ['features added', features.added],
    ['features removed', features.removed],
    ['features redefined', features.changed],
  ] as const
  for (const [title, names] of lists) if (names.length > 0) parts.push(`${title}: ${names.join(', ')}`)
  if (changes.length > 0) {
    const word = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
    parts.push(
      table(changes, [
        { title: 'CHANGED', value: (c) => c.name },
        { title: 'FROM', value: (c) => word(c.from) },
        { title: 'TO', value: (c) => word(c.to) },
      ]),
    )
  }
  parts.push(
    table(segments, [
      { title: 'SEGMENT', value: (s) => s.from ?? '–' },
      { title: 'BECAME', value: (s) => s.to ?? '–' },
      { title: 'SHARE', value: (s) => share(s.shareFrom), align: 'right' },
      { title: 'NOW', value: (s) => share(s.shareTo), align: 'right' },
      {
        title: 'DISTANCE',
        value: (s) => (s.distance === null ? '–' : number(s.distance, 2)),
        align: 'right',
      },
      { title: 'OVERLAP', value: (s) => share(s.overlap), align: 'right' },
    ]),
  )
  if (agreement !== null) {
    const { users, moved, adjustedRand } = agreement
    parts.push(
      `${number(moved)} of ${number(users)} users would move (${percent(moved / users)}), adjusted Rand ${number(adjustedRand, 3)}`,
    )
  }
  return parts.join('\n\n')
}
