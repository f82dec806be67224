import { STDIN_PATH } from '../adapters/files/bytes.ts'
import { FileSource } from '../adapters/files/file-source.ts'
import { systemClock } from '../adapters/system/clock.ts'
import type { Snapshot } from '../app/features.ts'
import { makeDecoder } from '../app/decode.ts'
import { OneCurrency } from '../app/one-currency.ts'
import { readEvents } from '../app/read-events.ts'
import type { Event } from '../domain/events/event.ts'
import { MAX_AHEAD_MS } from '../compose.ts'
import { fail } from '../errors.ts'
import { counted, number } from '../render/format.ts'
import type { Cli } from './cli.ts'
import { Rejects } from './rejects.ts'

/** Files have no record times: an event may lie `MAX_AHEAD_MS` ahead of this machine's clock. */
export const latestEventMs = (): number => systemClock.now() + MAX_AHEAD_MS

export interface EventFiles {
  readonly events: AsyncIterable<Event>
  /** What was not read, after the events have been. */
  readonly rejects: Rejects
  /** That of all amounts, after the events have been read; without a code where there was no amount. */
  readonly money: OneCurrency
}

export interface EventFilesOptions {
  readonly paths: readonly string[]
  /** Of the bar. */
  readonly title: string
  /** Of all amounts; that of the first event that has one, where missing. */
  readonly currency?: string | undefined
}

/** The events of NDJSON files in our own form, with a bar while they are read. `-` is standard input. */
export function openEventFiles(cli: Cli, { paths, title, currency }: EventFilesOptions): EventFiles {
  // which event of several inputs is the first must not hang on how fast a pipe is
  if (currency === undefined && paths.length > 1 && paths.includes(STDIN_PATH))
    fail('usage', 'standard input beside files: give --currency')
  const money = new OneCurrency(currency)
  const inputs = paths.map((path) => ({ topic: path, path, format: 'ndjson' as const }))
  const source = new FileSource({ inputs, clock: systemClock, stdin: process.stdin })
  const rejects = new Rejects((topic, offset) => source.lineOf(topic, offset))
  return { events: eventsOf(cli, { source, topics: paths, title, rejects, money }), rejects, money }
}

interface Reading {
  readonly source: FileSource
  readonly topics: readonly string[]
  readonly title: string
  readonly rejects: Rejects
  readonly money: OneCurrency
}

async function* eventsOf(
  cli: Cli,
  { source, topics, title, rejects, money }: Reading,
): AsyncGenerator<Event, void, undefined> {
  const { total } = await source.progress()
  const progress = total === undefined ? undefined : cli.progress(title, total, 'bytes')
  try {
    yield* readEvents({
      source,
      topics,
      decoder: () => {
        const decode = makeDecoder({ format: 'ndjson' })
        return (record, latest) => money.admit(decode(record, latest))
      },
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
export function noteRejects(cli: Cli, { rejects, money }: Pick<EventFiles, 'rejects' | 'money'>): void {
  if (rejects.total === 0) return
  cli.note(`${counted(rejects.total, 'record')} not read:`)
  for (const line of rejects.lines()) cli.note(`  ${line}`)
  if (money.others === 0) return
  cli.note(
    `amounts are read in ${money.code} only, ${counted(money.others, 'record')} with another currency left out; ` +
      '--currency chooses',
  )
}

/** Tells on stderr how many events counted less than they say, and why. */
export function noteUncounted(cli: Cli, found: readonly Snapshot[]): void {
  for (const { asOf, uncounted } of found) {
    const reasons = Object.entries(uncounted).map(([reason, n]) => `${reason} ${number(n)}`)
    if (reasons.length > 0)
      cli.note(`counted less than they say as of ${new Date(asOf).toISOString()}: ${reasons.join(', ')}`)
  }
}

/** Tells on stderr which columns hold lower bounds, and in how many rows. */
export function noteSaturated(cli: Cli, rows: Readonly<Record<string, number>>): void {
  for (const [column, count] of Object.entries(rows))
    cli.note(
      `${column}: a lower bound in ${counted(count, 'row')}, for more values were seen than the feature keeps`,
    )
}
