import type { Head } from '../ports/store.ts'
import { segmentName } from '../domain/segments/label.ts'
import { duration, number, percent } from '../render/format.ts'
import { facts, table } from '../render/table.ts'

export interface StreamFacts {
  readonly head: Head
  /** Counters of this process: `transitions/<origin>/<cause>`. */
  readonly counts: ReadonlyMap<string, number>
  readonly elapsedMs: number
  readonly ended: 'inputs' | 'asked'
  readonly dir: string
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((a, b) => a + b, 0)

function reasons(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([reason, n]) => `${reason} ${number(n)}`)
    .join(', ')
}

function moves(counts: ReadonlyMap<string, number>): string {
  const parts = [...counts]
    .filter(([name]) => name.startsWith('transitions/'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return parts.map(([name, n]) => `${name.split('/').slice(1).join(' ')} ${number(n)}`).join(' · ')
}

/** What a run came to: every record accounted for, the segments as they are, and where it stopped. */
export function streamText({ head, counts, elapsedMs, ended, dir }: StreamFacts): string {
  const c = head.counts
  const skipped = sum(c.skipped)
  const refused = sum(c.refused)
  const lines = facts([
    [
      'records',
      `${number(c.records)} = ${number(c.records - skipped - refused)} read + ${number(skipped)} skipped + ${number(refused)} refused`,
    ],
    ...(skipped > 0 ? ([['skipped', reasons(c.skipped)]] as const) : []),
    ...(refused > 0 ? ([['refused', `${reasons(c.refused)} → ${dir}/dead-letter.ndjson`]] as const) : []),
    ['moves', `${number(c.moves)} in all; in this run ${moves(counts) || 'none'}`],
    ...(sum(c.suppressed) > 0 ? ([['held back', `flips by ${reasons(c.suppressed)}`]] as const) : []),
    ...(sum(c.uncounted ?? {}) > 0 ? ([['uncounted', reasons(c.uncounted ?? {})]] as const) : []),
    ['wakes', `${number(counts.get('wakes') ?? 0)} in this run`],
    [
      'stopped',
      `${ended === 'inputs' ? 'at the end of the inputs' : 'as asked'}, revision ${number(head.rev)}, ${positions(head)}`,
    ],
    ['took', duration(elapsedMs)],
  ])
  const members = Object.entries(c.members).sort(([, a], [, b]) => b - a)
  const all = sum(c.members)
  const shape = table(members, [
    { title: 'SEGMENT', value: ([key]) => key },
    { title: 'NAME', value: ([key]) => segmentName(head.labels, key, 'en') },
    { title: 'USERS', value: ([, n]) => number(n), align: 'right' },
    { title: 'SHARE', value: ([, n]) => percent(n / all), align: 'right' },
  ])
  return members.length === 0 ? lines : `${lines}\n\n${shape}`
}

function positions(head: Head): string {
  return Object.entries(head.positions)
    .filter(([topic]) => topic !== 'control')
    .map(([topic, at]) => `${topic} at record ${number(at)}`)
    .join(', ')
}

export function streamJson({ head, counts, elapsedMs, ended, dir }: StreamFacts): string {
  return JSON.stringify({
    dir,
    ended,
    revision: head.rev,
    positions: head.positions,
    clock: head.clock,
    ...head.counts,
    counts: Object.fromEntries(counts),
    elapsedMs: Math.round(elapsedMs),
  })
}
