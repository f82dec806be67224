import type { Revision } from '../../src/ports/outlet.ts'
import type { Head } from '../../src/ports/store.ts'
import { Oracle } from './oracle.ts'
import type { Scenario } from './scenario.ts'
import type { Claims } from './servers.ts'
import type { Keys } from './sim-store.ts'

/** Fences that one proof of membership may lead to: the first, and its repetitions after time-outs. */
const FENCES_PER_PROOF = 6

/** Take-overs without end, of owners that fence each other away (rule T6). */
export function pingPong(claims: readonly Claims[]): string[] {
  return claims.flatMap(({ fences, proofs }) =>
    fences > FENCES_PER_PROOF * (1 + proofs)
      ? [`a process took over ${fences} times after ${proofs} heartbeats`]
      : [],
  )
}

/** In what a run differs from what one quiet thread makes of the same inputs; empty: in nothing. */
export function faultsOf(
  scenario: Scenario,
  published: readonly Revision[],
  heads: readonly Head[],
  state: Keys,
): string[] {
  const oracle = new Oracle(scenario, scenario.liveFrom)
  const faults: string[] = []
  const expected: string[] = []
  for (const [i, { line, transitions, memberships, deadLetters }] of published.entries()) {
    if (line.rev !== i) return [`line ${i} of the journal is revision ${line.rev}`]
    const before = oracle.transitions.length
    const refused = oracle.refused.length
    oracle.line(line)
    expected.push(headText(oracle.head()))
    const made = oracle.transitions.slice(before)
    if (JSON.stringify(transitions) !== JSON.stringify(made)) faults.push(`transitions of revision ${i}`)
    const now = memberships.map((m) => [m.userId, m.sequence, m.previous, m.segment, m.since, m.holdout])
    const then = made.map((t) => [t.userId, t.sequence, t.from, t.to, t.occurredAt, t.holdout])
    if (JSON.stringify(now) !== JSON.stringify(then)) faults.push(`memberships of revision ${i}`)
    const letters = deadLetters.map((d) => `${d.topic} ${d.offset}`)
    if (String(letters) !== String(oracle.refused.slice(refused)))
      faults.push(`dead letters of revision ${i}`)
  }
  for (const head of heads)
    if (headText(head) !== expected[head.rev]) faults.push(`the head stored at revision ${head.rev}`)
  for (const [topic, { records }] of Object.entries(scenario.inputs)) {
    const last = records.at(-1)
    if (oracle.positions[topic] !== (last === undefined ? 0 : last.offset + 1))
      faults.push(`${topic} is folded up to ${oracle.positions[topic]}`)
  }
  return [...oracle.faults, ...faults, ...stateFaults(oracle, published.length - 1, state)]
}

type Comparable = Pick<
  Head,
  'chain' | 'positions' | 'digests' | 'clock' | 'held' | 'releasedAt' | 'counts' | 'segments' | 'guard'
>

const sorted = (o: object): unknown[] => Object.entries(o).sort(([a], [b]) => (a < b ? -1 : 1))

function headText(h: Comparable): string {
  const { skipped, refused, suppressed, uncounted = {}, members, ...numbers } = h.counts
  const maps = [h.positions, h.digests, numbers, skipped, refused, suppressed, uncounted, members].map(sorted)
  return JSON.stringify([h.chain, h.clock, h.held, h.releasedAt, h.segments, h.guard, maps])
}

function stateFaults(oracle: Oracle, rev: number, { profiles, head, members }: Keys): string[] {
  const faults: string[] = []
  if (head?.rev !== rev) faults.push(`the state ends at revision ${head?.rev}`)
  const present = [...oracle.profiles.slots()]
  if (profiles.size !== present.length) faults.push(`${profiles.size} profiles, expected ${present.length}`)
  for (const slot of present) {
    const user = oracle.profiles.user(slot)
    const stored = profiles.get(user)
    if (stored?.due !== oracle.profiles.due(slot)) faults.push(`due of ${user}`)
    if (!stored || Buffer.compare(stored.bytes, oracle.profiles.save(slot)) !== 0)
      faults.push(`profile of ${user}`)
    const last = oracle.transitions.filter((t) => t.userId === user).at(-1)
    const member = JSON.parse(members.get(user) ?? '{}') as { segment?: string; sequence?: number }
    const expected = last?.to ? [last.to, last.sequence] : []
    if (String(expected) !== String([member.segment, member.sequence].filter((x) => x !== undefined)))
      faults.push(`membership of ${user}`)
  }
  for (const user of members.keys())
    if (oracle.profiles.find(user) < 0) faults.push(`a membership of ${user}, who is forgotten`)
  return faults
}
