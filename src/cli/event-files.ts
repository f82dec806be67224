import { FileSource } from '../adapters/files/file-source.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { makeDecoder } from '../app/decode.ts'
import { readEvents } from '../app/read-events.ts'
import type { Event } from '../domain/events/event.ts'
import { MAX_AHEAD_MS } from '../compose.ts'
import { fail } from '../errors.ts'
import { counted, percent } from '../render/format.ts'
import type { Cli } from './cli.ts'
import { Rejects, REFUSED_SHARE_MAX } from './rejects.ts'

/** Files have no record times: an event may lie `MAX_AHEAD_MS` ahead of this machine's clock. */
export const latestEventMs = (): number => systemClock.now() + MAX_AHEAD_MS

export interface EventFiles {
  readonly events: AsyncIterable<Event>
  /** What was not read, after the events have been. */
  readonly rejects: Rejects
}

/** The events of NDJSON files in our own form, with a bar while they are read. `-` is standard input. */
export function openEventFiles(cli: Cli, paths: readonly string[], title: string): EventFiles {
  const inputs = paths.map((path) => ({ topic: path, path, format: 'ndjson' as const }))
  const source = new FileSource({ inputs, clock: systemClock, stdin: process.stdin })
  const rejects = new Rejects((topic, offset) => source.lineOf(topic, offset))
  return { events: eventsOf(cli, source, paths, title, rejects), rejects }
}

async function* eventsOf(
  cli: Cli,
  source: FileSource,
  topics: readonly string[],
  title: string,
  rejects: Rejects,
): AsyncGenerator<Event, void, undefined> {
  const { total } = await source.progress()
  const progress = total === undefined ? undefined : cli.progress(title, total, 'bytes')
  try {
    yield* readEvents({
      source,
      topics,
      decoder: () => makeDecoder({ format: 'ndjson' }),
      latestMs: latestEventMs(),
      onReject: (reject) => rejects.add(reject),
      onRecords: async (records) => {
        rejects.read = records
        progress?.at((await source.progress()).done)
      },
    })
  } finally {
    progress?.stop()
    await source.close()
  }
}

/** Tells on stderr what was not read: how many by reason, and the first places. */
export function noteRejects(cli: Cli, rejects: Rejects): void {
  if (rejects.total === 0) return
  cli.note(`${counted(rejects.total, 'record')} not read:`)
  for (const line of rejects.lines()) cli.note(`  ${line}`)
}

/** After the work is done: too many refused records are a failed check, so that a wrong file is not taken for a small shop. */
export function checkRejects({ refused, read }: Rejects): void {
  const share = read === 0 ? 0 : refused / read
  if (share <= REFUSED_SHARE_MAX) return
  const most = percent(REFUSED_SHARE_MAX, 0)
  fail('check-failed', `✗ ${percent(share)} of the records were refused, at most ${most} may be`)
}
