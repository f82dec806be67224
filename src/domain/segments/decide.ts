import { assert } from '../../errors.ts'
import type { Policy } from './policy.ts'

/** Where a user stands, relative to one bundle: a centroid's index, or one of these. */
export const UNASSIGNED = -1
/** In a segment that this bundle does not have. */
export const FOREIGN = -2
/** The outlier segment; a number beyond every centroid. */
export const OUTLYING = -3
/** No challenger. */
export const NOBODY = -4

/** The states of the machine that SPEC.md describes. A challenged user is one to whom another place is nearer than his own. */
export const PHASES = ['unassigned', 'foreign', 'assigned', 'challenged', 'outlier', 'returning'] as const
export type Phase = (typeof PHASES)[number]

/** What one evaluation sees. */
export const SIGHTS = ['few', 'own', 'weak', 'early', 'ripe'] as const
export type Sight = (typeof SIGHTS)[number]

/**
 * `stay` nothing changes · `clear` the challenger is forgotten · `challenge` the place that is nearer becomes the challenger, or
 * remains it · `move` he goes there. `never`: no user is seen so in this phase.
 */
export const ACTIONS = ['stay', 'clear', 'challenge', 'move', 'never'] as const
export type Action = (typeof ACTIONS)[number]

/** A row with a hole does not compile. */
export const TABLE: Readonly<Record<Phase, Readonly<Record<Sight, Action>>>> = {
  unassigned: { few: 'stay', own: 'never', weak: 'never', early: 'never', ripe: 'move' },
  foreign: { few: 'never', own: 'never', weak: 'never', early: 'never', ripe: 'move' },
  assigned: { few: 'never', own: 'stay', weak: 'challenge', early: 'challenge', ripe: 'move' },
  challenged: { few: 'never', own: 'clear', weak: 'challenge', early: 'challenge', ripe: 'move' },
  outlier: { few: 'never', own: 'stay', weak: 'challenge', early: 'challenge', ripe: 'move' },
  returning: { few: 'never', own: 'clear', weak: 'challenge', early: 'challenge', ripe: 'move' },
}

/** What holds a wished move back. */
export const HOLDS = ['margin', 'confirmation', 'dwell'] as const
export type Hold = (typeof HOLDS)[number]

const FEW = SIGHTS.indexOf('few')
const OWN = SIGHTS.indexOf('own')
const WEAK = SIGHTS.indexOf('weak')
const EARLY = SIGHTS.indexOf('early')
const RIPE = SIGHTS.indexOf('ripe')
const FLAT = Uint8Array.from(PHASES.flatMap((p) => SIGHTS.map((s) => ACTIONS.indexOf(TABLE[p][s]))))

export const STAY = ACTIONS.indexOf('stay')
export const CLEAR = ACTIONS.indexOf('clear')
export const CHALLENGE = ACTIONS.indexOf('challenge')
export const MOVE = ACTIONS.indexOf('move')
const NEVER = ACTIONS.indexOf('never')

/** Places in `times`. */
export const AT = 0
export const SINCE = 1
export const CHALLENGED_AT = 2

/** One user before `decide` and what is to become of him after it. Made once and used for everybody. */
export class Case {
  /** A centroid, UNASSIGNED, FOREIGN or OUTLYING. */
  current = UNASSIGNED
  /** A centroid, OUTLYING or NOBODY. */
  challenger = NOBODY
  /** Behaviour events he has made. */
  events = 0
  /** Does the dwell not count, because another bundle sees him for the first time? */
  waived = false
  /** As-of of the evaluation, of his last move, of the first evaluation at which the challenger was nearer; Unix ms. */
  readonly times = new Float64Array(3)
  /** STAY, CLEAR, CHALLENGE or MOVE. */
  action = STAY
  /** The place he is drawn to: his own, or that of the challenge or move. */
  to = UNASSIGNED
  /** With CHALLENGE, what holds him back: a place in HOLDS. */
  hold = 0
}

/** Does the case end in another standing or another challenger than it began with? */
export function changes(c: Case): boolean {
  return c.action === MOVE || c.action === CLEAR || (c.action === CHALLENGE && c.challenger !== c.to)
}

/**
 * Decides one user's case from his squared distances to all centroids (rules D1–D9 of SPEC.md). Allocates nothing.
 * `distances2`: K squared distances, `radii`: K.
 */
export function decide(
  policy: Policy,
  radii: Float64Array,
  nearest: number,
  distances2: Float64Array,
  c: Case,
): void {
  const sight = look(policy, radii, nearest, distances2, c)
  c.action = FLAT[phaseOf(c) * SIGHTS.length + sight] as number
  assert(c.action !== NEVER, 'every user is seen as his phase allows')
}

function phaseOf({ current, challenger }: Case): number {
  if (current === UNASSIGNED) return 0
  if (current === FOREIGN) return 1
  return (current === OUTLYING ? 4 : 2) + (challenger === NOBODY ? 0 : 1)
}

/** What is seen of him; sets `to` and `hold`. */
function look(
  policy: Policy,
  radii: Float64Array,
  nearest: number,
  distances2: Float64Array,
  c: Case,
): number {
  const { current } = c
  if (current === UNASSIGNED && c.events < policy.minEvents) {
    c.to = UNASSIGNED
    return FEW
  }
  const d = Math.sqrt(distances2[nearest] as number)
  const r = policy.outlier === 'segment' ? (radii[nearest] as number) : Number.POSITIVE_INFINITY
  c.to = d > r ? OUTLYING : nearest
  if (c.to === current) return OWN
  if (current === UNASSIGNED || current === FOREIGN) return RIPE
  if (!clearly(policy, d, r, distances2, c)) {
    const { confirmForMs } = policy
    c.hold = confirmForMs === null ? 0 : 1
    if (confirmForMs === null || c.challenger !== c.to) return WEAK
    if ((c.times[AT] as number) - (c.times[CHALLENGED_AT] as number) < confirmForMs) return WEAK
  }
  c.hold = 2
  return c.waived || (c.times[AT] as number) - (c.times[SINCE] as number) >= policy.dwellMs ? RIPE : EARLY
}

/** Is the other place nearer by the margin? `d`: distance to the nearest centroid, `r`: its radius, Infinity where none counts. */
function clearly(policy: Policy, d: number, r: number, distances2: Float64Array, c: Case): boolean {
  if (c.to === OUTLYING) return true
  const keep = 1 - policy.marginRatio
  return d <= keep * (c.current === OUTLYING ? r : Math.sqrt(distances2[c.current] as number))
}

/**
 * First instant after the case's as-of at which he moves if he is seen just as he was; Infinity: none. Of a case that `decide` has
 * just been given. Only a challenged user can move by waiting: when his dwell ends, or his confirmation.
 */
export function ripensAt(policy: Policy, c: Case): number {
  if (c.action !== CHALLENGE) return Number.POSITIVE_INFINITY
  const dwelt = (c.times[SINCE] as number) + policy.dwellMs
  if (HOLDS[c.hold] === 'dwell') return dwelt
  if (policy.confirmForMs === null) return Number.POSITIVE_INFINITY
  const since = c.times[c.challenger === c.to ? CHALLENGED_AT : AT] as number
  return Math.max(dwelt, since + policy.confirmForMs)
}
