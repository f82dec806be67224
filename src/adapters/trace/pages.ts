import {
  context,
  propagation,
  ProxyTracerProvider,
  SpanKind,
  SpanStatusCode,
  trace,
  type Link,
  type Span,
  type SpanOptions,
} from '@opentelemetry/api'
import type { Fence, Outlet, Page } from '../../ports/outlet.ts'
import type { Task } from '../../ports/types.ts'

const TRACER = 'segmentation'
/** Of the batches that came since the last page, so many are linked: spans have a bound of their own. */
const MAX_LINKS = 128

/** Has whoever started this process registered an OpenTelemetry SDK? Without one nothing is traced, and nothing is paid. */
export function isTracing(): boolean {
  const provider = trace.getTracerProvider()
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer(TRACER) !== undefined
}

/**
 * A span for each page, from its closing to its commit. Its links lead to the spans by which the batches were sent that came
 * since the page before: about those whose records it holds, for a page ends where it ends, not where a batch does.
 */
export class PageSpans {
  readonly #links = new Map<Task, Link[]>()

  /** A batch came for task p; `headers` are those of its first record (W3C Trace Context). */
  arrived(p: Task, headers: Readonly<Record<string, string>>): void {
    const sent = trace.getSpanContext(propagation.extract(context.active(), headers))
    if (sent === undefined) return
    const links = this.#links.get(p) ?? []
    if (links.length < MAX_LINKS) links.push({ context: sent })
    this.#links.set(p, links)
  }

  /** The same outlet, traced. What it sends while it publishes is sent in the span of its page. */
  around(outlet: Outlet): Outlet {
    return {
      fence: (p) => outlet.fence(p),
      tail: (fence) => outlet.tail(fence),
      journal: (p, after) => outlet.journal(p, after),
      publish: (fence, page) =>
        trace
          .getTracer(TRACER)
          .startActiveSpan('publish page', this.#describe(fence, page), (span) =>
            ended(span, outlet.publish(fence, page)),
          ),
    }
  }

  #describe({ task }: Fence, { revisions }: Page): SpanOptions {
    const links = this.#links.get(task) ?? []
    this.#links.delete(task)
    const count = (of: 'transitions' | 'deadLetters'): number =>
      revisions.reduce((sum, revision) => sum + revision[of].length, 0)
    return {
      kind: SpanKind.PRODUCER,
      links,
      attributes: {
        'segmentation.task': task,
        'segmentation.revision': revisions.at(-1)?.line.rev ?? -1,
        'segmentation.revisions': revisions.length,
        'segmentation.transitions': count('transitions'),
        'segmentation.dead_letters': count('deadLetters'),
      },
    }
  }
}

async function ended(span: Span, work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    span.recordException(error as Error)
    span.setStatus({ code: SpanStatusCode.ERROR })
    throw error
  } finally {
    span.end()
  }
}
