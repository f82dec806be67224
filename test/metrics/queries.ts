import { METRICS, type Metric } from '../../src/ports/metrics.ts'

/** Labels that Prometheus or its operator gives every series, and that of histograms. */
const GIVEN = ['namespace', 'job', 'instance', 'le']
const HISTOGRAM_SUFFIX = /_(bucket|sum|count)$/

const table: Readonly<Record<string, Metric>> = METRICS

/** What a query asks for that is not there: metrics that nobody exposes, and labels that theirs do not have. */
export function strangers(query: string): string[] {
  const names = [...query.matchAll(/\b(segmentation|process|nodejs)_\w+/g)].map(([name]) => name)
  if (names.length === 0) return [`${query}: asks for no metric of a consumer`]
  const ours = names.filter((name) => name.startsWith('segmentation_'))
  const found = ours.map((name) => metricOf(name))
  const unknown = ours.filter((_, i) => found[i] === undefined)
  const labels = new Set([...GIVEN, ...found.flatMap((metric) => metric?.labels ?? [])])
  const asked = [
    ...[...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/\s*,\s*/)),
    ...[...query.matchAll(/[{,]\s*(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  ]
  return [...unknown, ...asked.filter((label) => !labels.has(label))]
}

function metricOf(name: string): Metric | undefined {
  const plain = table[name]
  if (plain !== undefined) return plain.type === 'histogram' ? undefined : plain
  const histogram = table[name.replace(HISTOGRAM_SUFFIX, '')]
  return histogram?.type === 'histogram' ? histogram : undefined
}
