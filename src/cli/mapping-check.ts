import { FileSource } from '../adapters/files/file-source.ts'
import { fileForm } from '../adapters/files/open.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { ingest, type Account } from '../app/ingest.ts'
import type { Event } from '../domain/events/event.ts'
import { fail } from '../errors.ts'
import { counted, number } from '../render/format.ts'
import type { Cli } from './cli.ts'
import { loadMapping } from './declarations.ts'
import { latestEventMs } from './event-files.ts'
import { recordsOf } from './ingest-input.ts'

export interface CheckFlags {
  readonly show: number
  readonly json?: boolean
}

/** A refused record, as it is shown. */
interface Reject {
  readonly file: string
  readonly line: number | null
  readonly reason: string
  readonly detail: string
}

/** `mapping check` */
export async function checkMapping(
  cli: Cli,
  ref: string,
  paths: readonly string[],
  flags: CheckFlags,
): Promise<void> {
  const mapping = loadMapping(ref)
  const inputs = [...new Set(paths)]
  const sources = inputs.map(
    (path) =>
      new FileSource({
        inputs: [{ topic: path, path, ...fileForm(mapping) }],
        clock: systemClock,
        stdin: process.stdin,
      }),
  )
  const events: Event[] = []
  const rejects: Reject[] = []
  const shown = new Map<string, number>()
  try {
    const account = await ingest({
      inputs: await Promise.all(sources.map((source, i) => recordsOf(source, inputs[i] as string, mapping))),
      events: {
        write: (some) =>
          Promise.resolve(void events.push(...some.slice(0, Math.max(0, flags.show - events.length)))),
      },
      deadLetters: {
        write: (lines) => {
          for (const line of lines.trimEnd().split('\n')) {
            const reject = JSON.parse(line) as Reject
            const times = shown.get(reject.reason) ?? 0
            shown.set(reject.reason, times + 1)
            if (times < flags.show) rejects.push(reject)
          }
          return Promise.resolve()
        },
      },
      latestMs: latestEventMs(),
    })
    await report(cli, account, events, rejects, flags)
  } finally {
    for (const source of sources) await source.close()
  }
}

async function report(
  cli: Cli,
  account: Account,
  events: readonly Event[],
  rejects: readonly Reject[],
  flags: CheckFlags,
): Promise<void> {
  const refused = Object.values(account.refused).reduce((sum, count) => sum + count, 0)
  if (flags.json === true)
    await cli.print(JSON.stringify({ ...account, shown: { events, rejects: rejects.map(placed) } }))
  else {
    for (const event of events) await cli.print(JSON.stringify(event))
    for (const [reason, count] of Object.entries(account.refused)) {
      cli.note(`refused, ${reason}: ${number(count)}`)
      for (const { file, line, detail } of rejects.filter((reject) => reject.reason === reason))
        cli.note(`  ${file}:${line ?? '?'} ${detail}`)
    }
    for (const [reason, count] of Object.entries(account.skipped))
      cli.note(`skipped, ${reason}: ${number(count)}`)
    const joined = account.joined === 0 ? '' : `, ${number(account.joined)} more lines joined to them`
    cli.note(`${counted(account.read, 'record')}: ${counted(account.events, 'event')}${joined}`)
  }
  if (refused > 0) fail('check-failed', `✗ ${counted(refused, 'record')} of ${number(account.read)} refused`)
}

const placed = ({ file, line, reason, detail }: Reject): Reject => ({ file, line, reason, detail })
