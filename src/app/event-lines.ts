import type { EventSink } from '../ports/event-sink.ts'

/** Takes text, whole lines at a time. Rejections end the run. */
export interface LineSink {
  write(lines: string): Promise<void>
}

/** Events as NDJSON in the native form, members in their order. */
export function eventLines(sink: LineSink): EventSink {
  return {
    write: async (events) => {
      let lines = ''
      for (const event of events) lines += `${JSON.stringify(event)}\n`
      if (lines !== '') await sink.write(lines)
    },
  }
}
