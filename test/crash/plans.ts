import { seededRandom } from '../../src/domain/base/random.ts'
import type { TaskOptions } from '../../src/app/task/options.ts'
import { POINTS, type Point } from '../../src/ports/telemetry.ts'
import type { Life } from './life.ts'

/** How a run works while it is killed; nothing of it decides results. */
export interface Setting {
  readonly name: string
  readonly options: Partial<TaskOptions>
  readonly rollBytes?: number
}

export type Kill = NonNullable<Life['kill']>

/** One folder's lives: a kill each, then a last one that comes to its end. */
export interface Plan {
  readonly title: string
  readonly setting: Setting
  readonly kills: readonly (Kill | { readonly afterShare: number })[]
}

/** Decides where revisions end, so it is one for all. */
const REVISION_STEPS = 30
const NEVER_MS = 1e9

function setting(
  name: string,
  maxProfiles: number,
  pageRecords: number,
  checkpointIntervalMs: number,
): Setting {
  // by content alone: pages end at the same place on a slow machine
  const page = { maxRecords: pageRecords, maxOutputs: 1e6, maxAgeMs: NEVER_MS, maxQuietAgeMs: NEVER_MS }
  const pollLimit = { records: 150, bytes: 1e6 }
  return {
    name,
    options: { revisionSteps: REVISION_STEPS, maxProfiles, page, pollLimit, checkpointIntervalMs },
  }
}

export const CALM = setting('all profiles in memory, a checkpoint now and then', 1e6, 1000, 500)
const TIGHT = setting('few profiles in memory, a checkpoint after each page', 60, 40, 0)
const LATE = setting('no checkpoint but the last', 1e6, 120, NEVER_MS)
const LOOSE = setting('few profiles in memory, rare checkpoints', 100, 200, 50)
const ROLLING: Setting = { ...setting('small files', 100, 60, 50), name: 'small files', rollBytes: 48 * 1024 }

/** Passed once in a life. */
const ONCE: ReadonlySet<Point> = new Set<Point>(['fenced', 'taken', 'tail-read', 'refolded', 'ending'])

/** An order in which a run gets far enough for the next; what is published and not stored comes before its refold. */
const ORDER: readonly Point[] = [
  'fenced',
  'taken',
  'tail-read',
  'polled',
  'revision-folded',
  'page-closed',
  'page-data-written',
  'page-journal-written',
  'profiles-read',
  'published',
  'refolded-one',
  'fenced',
  'refolded-one',
  'refolded',
  'sealed',
  'checkpoint-writing',
  'checkpointed',
  'published',
  'taken',
  'ending',
]

const each = (nth: number): Kill[] => ORDER.map((point) => ({ point, nth: ONCE.has(point) ? 1 : nth }))

const inRecovery: readonly Kill[] = [
  { point: 'published', nth: 8 },
  { point: 'refolded-one', nth: 3 },
  { point: 'refolded-one', nth: 10 },
  { point: 'tail-read', nth: 1 },
  { point: 'polled', nth: 2 },
  { point: 'refolded-one', nth: 1 },
  { point: 'refolded', nth: 1 },
  { point: 'page-journal-written', nth: 5 },
  { point: 'refolded-one', nth: 20 },
  { point: 'page-data-written', nth: 1 },
  { point: 'refolded', nth: 1 },
  { point: 'checkpoint-writing', nth: 1 },
]

/** Plans by the names of points, then `rounds` of plans by chance; each round has one by points and one by time. */
export function plans(rounds: number): Plan[] {
  const named = [1, 2, 5].flatMap((nth) => [
    { title: `every point, passing ${nth}`, setting: TIGHT, kills: each(nth) },
    { title: `every point, passing ${nth}`, setting: LATE, kills: each(nth) },
  ])
  const recovery = [LATE, LOOSE, ROLLING].map((s) => ({
    title: 'again while recovering',
    setting: s,
    kills: inRecovery,
  }))
  return [...named, ...recovery, ...Array.from({ length: rounds }, (_, seed) => byChance(seed)).flat()]
}

function byChance(seed: number): Plan[] {
  const random = seededRandom(seed + 1)
  const below = (n: number): number => Math.floor(random.next() * n)
  const pick = <T>(of: readonly T[]): T => of[below(of.length)] as T
  const points = Array.from({ length: 6 }, () => ({ point: pick(POINTS), nth: 1 + below(9) }))
  const times = Array.from({ length: 6 }, () => ({ afterShare: 0.1 + 0.9 * random.next() }))
  const settings = [TIGHT, LATE, LOOSE, ROLLING]
  return [
    { title: `chance ${seed}, by points`, setting: pick(settings), kills: points },
    { title: `chance ${seed}, by time`, setting: pick(settings), kills: times },
  ]
}
