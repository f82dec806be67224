import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { SECOND_MS } from '../../domain/base/duration.ts'
import {
  METRICS,
  type CounterName,
  type HistogramName,
  type LabelsOf,
  type Metric,
  type MetricName,
  type Sample,
} from '../../ports/metrics.ts'
import type { Point, Telemetry } from '../../ports/telemetry.ts'
import type { Ms, Task } from '../../ports/types.ts'

/** From a fold of a few records to an outage: 1 ms to about a minute, and on to an hour. */
const SECONDS_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600,
]

/** prom-client names these gauges as if they were counters, which Prometheus' own check refuses. */
const MISNAMED = /^nodejs_active_\w+_total$/

/** Points between which something is measured; a task does each of them one at a time. */
const MEASURED: Partial<Record<Point, { readonly begins: Point; readonly as: HistogramName }>> = {
  published: { begins: 'page-closed', as: 'segmentation_publish_seconds' },
  checkpointed: { begins: 'checkpoint-writing', as: 'segmentation_checkpoint_seconds' },
}
const BEGINNINGS = new Set(Object.values(MEASURED).map(({ begins }) => begins))

/** The metrics of a process, registered by their table, beside those of Node and the process itself. */
export class MetricsRegistry implements Pick<Telemetry, 'point' | 'count' | 'observe'> {
  readonly #registry = new Registry()
  readonly #counters = new Map<MetricName, Counter>()
  readonly #histograms = new Map<MetricName, Histogram>()
  readonly #gauges = new Map<MetricName, Gauge>()
  readonly #elapsed: () => Ms
  readonly #begun = new Map<string, Ms>()

  /** `elapsed`: monotonic milliseconds. */
  constructor(elapsed: () => Ms) {
    this.#elapsed = elapsed
    for (const name of Object.keys(METRICS) as MetricName[]) this.#register(name, METRICS[name])
    collectDefaultMetrics({ register: this.#registry })
    for (const { name } of this.#registry.getMetricsAsArray())
      if (MISNAMED.test(name)) this.#registry.removeSingleMetric(name)
  }

  point(task: Task, name: Point): void {
    if (BEGINNINGS.has(name)) this.#begun.set(`${task}/${name}`, this.#elapsed())
    const measured = MEASURED[name]
    const began = measured && this.#begun.get(`${task}/${measured.begins}`)
    if (measured && began !== undefined) this.observe(measured.as, (this.#elapsed() - began) / SECOND_MS)
  }

  count<N extends CounterName>(name: N, labels: LabelsOf<N>, by: number): void {
    this.#counters.get(name)?.inc(labels, by)
  }

  observe(name: HistogramName, value: number): void {
    this.#histograms.get(name)?.observe(value)
  }

  /** The exposition format of Prometheus, with the gauges as they are now: those of before are forgotten. */
  text(samples: readonly Sample[]): Promise<string> {
    for (const gauge of this.#gauges.values()) gauge.reset()
    for (const { name, labels, value } of samples) this.#gauges.get(name)?.set(labels, value)
    return this.#registry.metrics()
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  #register(name: MetricName, { type, labels, help }: Metric): void {
    const config = { name, help, labelNames: [...labels], registers: [this.#registry] }
    if (type === 'counter') this.#counters.set(name, new Counter(config))
    else if (type === 'gauge') this.#gauges.set(name, new Gauge(config))
    else this.#histograms.set(name, new Histogram({ ...config, buckets: SECONDS_BUCKETS }))
  }
}
