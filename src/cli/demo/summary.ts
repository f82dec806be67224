import type { Example, RunMeasures } from '../../app/measure.ts'
import { columnsOf } from '../../domain/segments/assigner.ts'
import type { Bundle } from '../../domain/segments/bundle.ts'
import { segmentName } from '../../domain/segments/label.ts'
import type { Labels } from '../../domain/segments/labels.ts'
import type { Cause } from '../../domain/segments/transition.ts'
import { euros, number, percent, signed } from '../../render/format.ts'
import { sparkline } from '../../render/spark.ts'
import { table } from '../../render/table.ts'

const SPEND = 'revenue_90d'
const WHO_CHARS = 100
/** In this order: those that a run of one model knows. */
const CAUSES: readonly Cause[] = ['first', 'behaviour', 'inactivity']
/** Causes of which one move is shown. */
const SHOWN: readonly Cause[] = ['behaviour', 'inactivity']

export interface Segments {
  readonly bundle: Bundle
  readonly labels: Labels
  readonly measures: RunMeasures
  readonly liveDays: number
}

/** The segments as they are at the end: who, how many, how they changed in the live days, what they spend. */
export function segmentTable({ bundle, labels, measures, liveDays }: Segments): string {
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
    { title: 'WHO THEY ARE', value: (r) => cut(labels[r.key]?.description['en'] ?? '') },
  ])
}

/** What stands in one line of a wide terminal; the card and the report have the whole. */
function cut(text: string): string {
  return text.length <= WHO_CHARS ? text : `${text.slice(0, text.lastIndexOf(' ', WHO_CHARS - 2))} …`
}

/** The live moves by cause, and one of behaviour and one of inactivity in words. */
export function movesText(
  { causes, examples }: RunMeasures,
  labels: Labels,
  suppressed: Readonly<Record<string, number>>,
): string {
  const total = [...causes.values()].reduce((a, b) => a + b, 0)
  const parts = CAUSES.map((cause) => `${cause} ${number(causes.get(cause) ?? 0)}`).join(' · ')
  const held = Object.values(suppressed).reduce((a, b) => a + b, 0)
  const shown = SHOWN.flatMap((cause) => {
    const example = examples.get(cause)
    return example === undefined ? [] : [`       ${exampleText(example, labels)}`]
  })
  return [
    `MOVES  ${number(total)} live: ${parts}   (${number(held)} flips suppressed since the first event)`,
    ...shown,
  ].join('\n')
}

function exampleText({ userId, from, to, summary, margin }: Example, labels: Labels): string {
  const [before, after] = [from, to].map((key) => segmentName(labels, key, 'en'))
  return `${userId}  ${before} → ${after}   ${summary} · margin ${number(margin, 2)}`
}
