import { METRICS, type Metric } from '../../src/ports/metrics.ts'

/** The table of metrics as a page for those who watch a consumer. */
export function metricsPage(): string {
  const rows = Object.entries<Metric>(METRICS).map(([name, { type, unit, labels, help }]) => [
    `\`${name}\``,
    type,
    unit ?? '',
    labels.map((label) => `\`${label}\``).join(' '),
    help,
  ])
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const titles = ['metric', 'type', 'unit', 'labels', 'what it says']
  return [
    '# Metrics',
    '',
    'What `/metrics` answers on the ops port, beside the `process_` and `nodejs_` metrics of prom-client. Counters and histograms',
    'begin with the process; a task that changes its process goes on counting in another series, so sum them up. The table is',
    'made of the one that registers them: `npm run docs:metrics` writes it anew.',
    '',
    line(titles),
    line(titles.map(() => '---')),
    ...rows.map(line),
    '',
  ].join('\n')
}
