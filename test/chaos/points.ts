import { POINTS, type Point } from '../../src/ports/telemetry.ts'

/** Points of the embedded doors alone. */
const EMBEDDED: ReadonlySet<string> = new Set<Point>(['page-data-written', 'page-journal-written'])

/** What lies between the task's own points, on the way to the servers. */
const WIRE_POINTS = [
  'between-batches',
  'before-end-txn',
  'after-end-txn',
  'chunk-written',
  'before-head',
] as const

export type ChaosPoint = Point | (typeof WIRE_POINTS)[number]

/** Every point at which a member on Kafka and Redis can be stopped. */
export const CHAOS_POINTS: readonly ChaosPoint[] = [
  ...POINTS.filter((point) => !EMBEDDED.has(point)),
  ...WIRE_POINTS,
]

/** Passed once for each task in a calm life. */
export const ONCE: ReadonlySet<ChaosPoint> = new Set<ChaosPoint>([
  'fenced',
  'taken',
  'tail-read',
  'refolded',
  'ending',
])
