import { propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { isTracing, PageSpans } from '../../../src/adapters/trace/pages.ts'
import { jsonEncoders } from '../../../src/adapters/kafka/encode.ts'
import type { Outlet } from '../../../src/ports/outlet.ts'
import { MemoryLog, MemoryOutlet } from '../../support/memory-outlet.ts'
import { page, revision, transition } from '../../support/revisions.ts'

const SENT = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
const exporter = new InMemorySpanExporter()
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
const encode = jsonEncoders('shop')

beforeEach(() => exporter.reset())
afterAll(async () => {
  await provider.shutdown()
  trace.disable()
  propagation.disable()
})

/** Publishes one revision; what its move would be sent with. */
async function published(spans: PageSpans, log = new MemoryLog()): Promise<Record<string, string>> {
  const memory = new MemoryOutlet(log)
  let headers: Readonly<Record<string, string>> | undefined
  const sending: Outlet = {
    fence: (p) => memory.fence(p),
    tail: (fence) => memory.tail(fence),
    journal: (p, after) => memory.journal(p, after),
    publish: async (fence, sent) => {
      await Promise.resolve()
      headers = encode.transition(transition(1)).headers
      await memory.publish(fence, sent)
    },
  }
  const outlet = spans.around(sending)
  await outlet.publish(await outlet.fence(3), page(revision(0)))
  return { ...headers }
}

test('without an SDK nothing is traced, and moves have no header of it', async () => {
  expect(isTracing()).toBe(false)
  expect(await published(new PageSpans())).not.toHaveProperty('traceparent')
})

test('a page is a span that links to what its batches were sent by, and its moves carry it on', async () => {
  provider.register()
  expect(isTracing()).toBe(true)
  const spans = new PageSpans()
  spans.arrived(3, SENT)
  spans.arrived(3, { other: 'header' })
  spans.arrived(4, SENT)
  const { traceparent } = await published(spans)
  const [span, ...others] = exporter.getFinishedSpans()
  expect(others).toEqual([])
  expect(span).toMatchObject({
    name: 'publish page',
    kind: SpanKind.PRODUCER,
    status: { code: SpanStatusCode.UNSET },
  })
  expect(span?.attributes).toMatchObject({ 'segmentation.task': 3, 'segmentation.revision': 0 })
  expect(span?.links.map(({ context }) => [context.traceId, context.spanId])).toEqual([
    SENT.traceparent.split('-').slice(1, 3),
  ])
  const own = span?.spanContext()
  expect(traceparent).toBe(`00-${own?.traceId}-${own?.spanId}-01`)

  // a link is given once
  await published(spans)
  expect(exporter.getFinishedSpans()[1]?.links).toEqual([])
})

test('a page that fails ends its span as failed, and fails', async () => {
  provider.register()
  const log = new MemoryLog()
  log.faults.push('lost')
  await expect(published(new PageSpans(), log)).rejects.toThrow()
  expect(exporter.getFinishedSpans()).toMatchObject([{ status: { code: SpanStatusCode.ERROR } }])
})
