import type { RunMeasures, Recovery } from '../../app/measure.ts'
import { columnsOf } from '../../domain/segments/assigner.ts'
import type { Bundle } from '../../domain/segments/bundle.ts'
import { segmentName } from '../../domain/segments/label.ts'
import type { Labels } from '../../domain/segments/labels.ts'
import { euros, number, percent, signed } from '../../render/format.ts'
import { sparkline } from '../../render/spark.ts'
import { table } from '../../render/table.ts'

const SPEND = 'revenue_90d'

/** The segments as they are at the end: who, how many, how they moved in the live days, what they spend. */
export function segmentTable(
  bundle: Bundle,
  labels: Labels,
  measures: RunMeasures,
  liveDays: number,
): string {
  const last = measures.sizes.at(-1) ?? new Map<string, number>()
  const first = measures.sizes[0] ?? new Map<string, number>()
  const all = [...last.values()].reduce((a, b) => a + b, 0)
  const spend = columnsOf(bundle.featureSet).findIndex((f) => f.name === SPEND)
  const rows = bundle.segments
    .map(({ key, profile }) => ({ key, profile, size: last.get(key) ?? 0 }))
    .sort((a, b) => b.size - a.size)
  return table(rows, [
    { title: 'SEGMENT', value: (r) => segmentName(labels, r.key, 'en') },
    { title: 'USERS', value: (r) => number(r.size), align: 'right' },
    { title: 'SHARE', value: (r) => percent(r.size / all), align: 'right' },
    { title: `${liveDays} DAYS`, value: (r) => signed(r.size - (first.get(r.key) ?? 0)), align: 'right' },
    { title: '', value: (r) => sparkline(measures.sizes.map((s) => s.get(r.key) ?? 0)) },
    ...(spend < 0
      ? []
      : [
          {
            title: 'SPEND 90 D',
            value: (r: { profile: number[] }) => euros((r.profile[spend] ?? 0) * 100),
            align: 'right' as const,
          },
        ]),
    { title: 'WHO THEY ARE', value: (r) => labels[r.key]?.description['en'] ?? '' },
  ])
}

/** The live moves by cause, and one of them in words. */
export function movesText(measures: RunMeasures): string {
  const total = [...measures.causes.values()].reduce((a, b) => a + b, 0)
  const causes = [...measures.causes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([cause, n]) => `${cause} ${number(n)}`)
  const lines = [`MOVES  ${number(total)} live: ${causes.join(' · ')}`]
  const e = measures.example
  if (e) lines.push(`       ${e.userId}  ${e.from} → ${e.to}   ${e.summary} · margin ${number(e.margin, 2)}`)
  return lines.join('\n')
}

export interface Checks {
  readonly recovery: Recovery
  readonly kills: number
  readonly sha256: string
  readonly lost: number
  readonly doubled: number
  readonly replayed: number
  readonly replayEqual: boolean
}

/** Least adjusted Rand index between planted and found groups that counts as found again. */
export const RECOVERY_MIN = 0.4

export function passed(c: Checks): boolean {
  return c.recovery.ari >= RECOVERY_MIN && c.lost === 0 && c.doubled === 0 && c.replayEqual
}

export function checksText(c: Checks): string {
  const mark = (ok: boolean): string => (ok ? '✓' : '✗')
  const { ari, distinct, segments } = c.recovery
  return [
    `CHECKS ${mark(ari >= RECOVERY_MIN)} planted kinds of customers found again: ${distinct} of ${segments} segments have one of their own (ARI ${number(ari, 2)})`,
    `       ${mark(c.lost === 0 && c.doubled === 0)} ${c.kills} kills: ${c.lost === 0 && c.doubled === 0 ? 'same output' : 'another output'}, sha256 ${c.sha256.slice(0, 12)}…, ${number(c.lost)} lost, ${number(c.doubled)} doubled`,
    `       ${mark(c.replayEqual)} replay gives ${c.replayEqual ? 'the same' : 'other'} moves, ${number(c.replayed)} of them`,
  ].join('\n')
}
