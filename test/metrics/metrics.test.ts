import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { MetricsRegistry } from '../../src/adapters/metrics/registry.ts'
import { Stream } from '../../src/app/stream.ts'
import { openRun } from '../../src/compose.ts'
import { generateShop, SHOP_START_MS } from '../../src/app/generate/shop.ts'
import { METRICS, sample, type Metric, type Sample } from '../../src/ports/metrics.ts'
import type { Telemetry } from '../../src/ports/telemetry.ts'
import { run, tempFolder } from '../cli/run.ts'
import { metricsPage } from './documentation.ts'
import { promtool } from './promtool.ts'
import { seriesOf, sumOf } from './series.ts'

const names = Object.entries<Metric>(METRICS)

describe('the table', () => {
  it('is the page of the chart', async () => {
    await expect(metricsPage()).toMatchFileSnapshot('../../helm/METRICS.md')
  })

  it.each(names)('%s is named by its unit and kind', (name, { type, unit, labels, help }) => {
    expect(name).toMatch(/^segmentation(_[a-z]+)+$/)
    expect(/_(seconds|bytes)(_|$)/.exec(name)?.[1] ?? null).toBe(unit)
    expect(name.endsWith('_total')).toBe(type === 'counter')
    expect(help).toMatch(/^[A-Z1].*\.$/)
    expect(labels.filter((label) => /user|id$/.test(label))).toEqual([])
  })

  it('is what is registered, and Prometheus finds nothing wrong with it', async (context) => {
    const text = await new MetricsRegistry(() => 0).text([])
    const registered = [...text.matchAll(/^# TYPE (segmentation_\w+) (\w+)$/gm)].map(([, name, type]) => [
      name,
      type,
    ])
    expect(new Map(registered as [string, string][])).toEqual(
      new Map(names.map(([name, { type }]) => [name, type])),
    )
    expect(promtool(context, ['check', 'metrics'], text)).toEqual({ status: 0, words: '' })
  })
})

describe('the registry', () => {
  it('measures from one point of a task to the next, whatever other tasks do', async () => {
    let now = 0
    const registry = new MetricsRegistry(() => now)
    registry.point(1, 'page-closed')
    now = 200
    registry.point(2, 'page-closed')
    registry.point(3, 'published')
    now = 250
    registry.point(1, 'published')
    const series = seriesOf(await registry.text([]))
    expect(series.get('segmentation_publish_seconds_count')).toBe(1)
    expect(series.get('segmentation_publish_seconds_sum')).toBe(0.25)
  })

  it('forgets a gauge that is not read again', async () => {
    const registry = new MetricsRegistry(() => 0)
    const phase = (name: string): Sample => sample('segmentation_task_phase', { task: 0, phase: name }, 1)
    await registry.text([phase('running')])
    const series = seriesOf(await registry.text([phase('stopped')]))
    expect([...series.keys()].filter((key) => key.startsWith('segmentation_task_phase'))).toEqual([
      'segmentation_task_phase{task="0",phase="stopped"}',
    ])
  })

  it('knows a counter of 0, so that its first increase is seen', async () => {
    const registry = new MetricsRegistry(() => 0)
    registry.count('segmentation_state_lost_revisions_total', { task: 4 }, 0)
    const series = seriesOf(await registry.text([]))
    expect(series.get('segmentation_state_lost_revisions_total{task="4"}')).toBe(0)
  })
})

test('a run counts each thing once, and as its head does', async () => {
  const folder = tempFolder()
  const events = [...generateShop({ users: 60, days: 40, seed: 7, startMs: SHOP_START_MS })]
  const path = join(folder, 'shop.ndjson')
  writeFileSync(path, `${events.map((event) => JSON.stringify(event)).join('\n')}\nbroken\n`)
  const model = join(folder, 'model')
  const trained = await run(['train', '--events', path, '--feature-set', 'seed', '--k', '3', '--out', model])
  expect(trained).toMatchObject({ code: 0 })

  const registry = new MetricsRegistry(() => performance.now())
  let stream: Stream | undefined
  let last: Sample[] = []
  const telemetry: Telemetry = {
    notice: () => undefined,
    point: (task, name) => {
      registry.point(task, name)
      // gauges are those of tasks that are there: read before the last of them has left
      if (name === 'checkpointed') last = stream?.readings() ?? []
    },
    count: (name, labels, by) => registry.count(name, labels, by),
    observe: (name, value) => registry.observe(name, value),
  }
  const inputs = [{ topic: 'shop', path, format: 'ndjson' as const, mapping: null }]
  const opened = await openRun({
    dir: join(folder, 'run'),
    asked: { follow: false, inputs, model },
    telemetry,
  })
  stream = new Stream(opened.ports, { optionsOf: () => opened.options, endsWithInputs: true })
  const { heads } = await stream.run()
  await opened.close()
  const counts = heads.get(0)?.counts
  const series = seriesOf(await registry.text(last))

  // a broken one, and the command that put the bundle to work
  expect(sumOf(series, 'segmentation_records_total')).toBe(events.length + 2)
  expect(sumOf(series, 'segmentation_events_total')).toBe(events.length)
  const orders = events.filter(({ kind }) => kind === 'order_completed').length
  expect(sumOf(series, 'segmentation_events_total', 'kind="order_completed"')).toBe(orders)
  expect(sumOf(series, 'segmentation_refused_total', 'reason="not-json"')).toBe(1)
  expect(sumOf(series, 'segmentation_transitions_total')).toBe(counts?.moves)
  expect(sumOf(series, 'segmentation_suppressed_total')).toBe(
    Object.values(counts?.suppressed ?? {}).reduce((a, b) => a + b, 0),
  )
  expect(sumOf(series, 'segmentation_wakes_total')).toBeGreaterThan(0)
  expect(sumOf(series, 'segmentation_takeovers_total')).toBe(1)
  expect(sumOf(series, 'segmentation_refolded_revisions_total')).toBe(0)
  expect(series.get('segmentation_publish_seconds_count')).toBeGreaterThan(0)
  expect(series.get('segmentation_checkpoint_seconds_count')).toBeGreaterThan(0)
  expect(series.get('segmentation_fold_seconds_count')).toBeGreaterThan(0)
  expect(sumOf(series, 'segmentation_members')).toBe(
    Object.values(counts?.members ?? {}).reduce((a, b) => a + b, 0),
  )
  expect(sumOf(series, 'segmentation_records_behind')).toBe(0)
})
