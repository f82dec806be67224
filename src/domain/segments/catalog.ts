import type { Bundle } from './bundle.ts'
import type { Labels } from './labels.ts'
import type { Rollout } from './rollout.ts'
import { OUTLIER } from './transition.ts'

/** What readers may know of one segment: its words, where it comes from, and the promotion that it is at work by. */
export interface CatalogEntry {
  readonly segment: string
  /** By language, each null where it was never said. */
  readonly nameEn: string | null
  readonly nameFr: string | null
  readonly descriptionEn: string | null
  readonly descriptionFr: string | null
  readonly actionEn: string | null
  readonly actionFr: string | null
  /** `#rrggbb`. */
  readonly colour: string | null
  /** Share of the training users, 0–1; null for the outliers. */
  readonly share: number | null
  /** Stream time (ms) at which a bundle with it was put to work, after one without; 0: before every event. */
  readonly bornAt: number
  /** Stream time at which a bundle without it was; null: it is in use. */
  readonly diedAt: number | null
  /** The last bundle that has it, the bundle that one came from, and the command that put it to work, with its stream time. */
  readonly bundleVersion: string
  readonly parentVersion: string | null
  readonly promoteId: string | null
  readonly promotedAt: number
}

/** A bundle put to work, as the task remembers it. */
interface Deployed {
  readonly bundle: Bundle
  readonly since: number
  readonly rollout?: Rollout | undefined
  readonly promoteId?: string | undefined
}

/** All segments that any deployment ever had, in the order of their keys: a function of deployments, in order, and labels. */
export function catalogOf(deployments: readonly Deployed[], labels: Labels): CatalogEntry[] {
  const keys = new Set(deployments.flatMap(({ bundle }) => keysOf(bundle)))
  return [...keys].sort().map((key) => entryOf(key, deployments, labels))
}

function keysOf({ segments, policy }: Bundle): string[] {
  const keys = segments.map((s) => s.key)
  return policy.outlier === 'segment' ? [...keys, OUTLIER] : keys
}

/** A task's clock stands far before all times until its first event. */
const timeOf = ({ since }: Deployed): number => Math.max(0, since)

function entryOf(key: string, deployments: readonly Deployed[], labels: Labels): CatalogEntry {
  const has = deployments.map(({ bundle }) => keysOf(bundle).includes(key))
  const last = has.lastIndexOf(true)
  const first = has.lastIndexOf(false, last) + 1
  const at = deployments[last] as Deployed
  const { bundle, promoteId } = at
  // those whom a later bundle does not reach stay where they are
  const next = deployments.slice(last + 1).find(({ rollout }) => (rollout?.share ?? 1) === 1)
  const label = labels[key]
  return {
    segment: key,
    nameEn: label?.name['en'] ?? null,
    nameFr: label?.name['fr'] ?? null,
    descriptionEn: label?.description['en'] ?? null,
    descriptionFr: label?.description['fr'] ?? null,
    actionEn: label?.action?.['en'] ?? null,
    actionFr: label?.action?.['fr'] ?? null,
    colour: label?.colour ?? null,
    share: bundle.segments.find((s) => s.key === key)?.share ?? null,
    bornAt: timeOf(deployments[first] as Deployed),
    diedAt: next === undefined ? null : timeOf(next) + (next.rollout?.rampMs ?? 0),
    bundleVersion: bundle.version,
    parentVersion: bundle.lineage.parent,
    promoteId: promoteId ?? null,
    promotedAt: timeOf(at),
  }
}
