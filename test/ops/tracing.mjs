// Imported before the program: registers an SDK that writes each span as a line to the file named by SPANS.
import { appendFileSync } from 'node:fs'
import { NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'

const exporter = {
  /** @param {readonly import('@opentelemetry/sdk-trace-node').ReadableSpan[]} spans @param {(result: { code: number }) => void} done */
  export(spans, done) {
    for (const span of spans) {
      const { traceId, spanId } = span.spanContext()
      const links = span.links.map(({ context }) => context.traceId)
      appendFileSync(process.env['SPANS'] ?? '', `${JSON.stringify({ traceId, spanId, links })}\n`)
    }
    done({ code: 0 })
  },
  shutdown: () => Promise.resolve(),
}
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register()
