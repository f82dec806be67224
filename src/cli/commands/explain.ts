import type { Command } from 'commander'
import { explainUser, type Explanation } from '../../app/explain.ts'
import { DAY_MS } from '../../domain/base/duration.ts'
import { fail } from '../../errors.ts'
import { number, time } from '../../render/format.ts'
import { facts, table } from '../../render/table.ts'
import type { Cli } from '../cli.ts'
import { openView } from '../open-view.ts'
import { examples, jsonOption } from '../options.ts'

interface Flags {
  readonly state?: string
  readonly config?: string
  readonly json?: boolean
}

/** How far ahead a user's future is played. */
const HORIZON_MS = 500 * DAY_MS

/** `explain`: one user, why here, what would move him, and when. */
export function registerExplain(program: Command, cli: Cli): void {
  program
    .command('explain')
    .summary('one user: why here, what would move him, when')
    .description(
      'Reads one user from the state: his segment and since when, his distances to all, what pulls him there and what would move ' +
        'him, and when he will move if nothing happens: his future is played by the code that decides. A run folder must not be ' +
        'streamed on meanwhile; a consumer on Kafka may go on.',
    )
    .argument('<user>', 'user id')
    .option('--state <dir>', 'a run folder')
    .option('--config <file>', 'a consumer’s config')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['explain u-08812 --state run', 'in a run folder'],
        ['explain u-08812 --config live.yaml --json', 'of a running consumer'],
      ]),
    )
    .action((user: string, flags: Flags) => explain(cli, user, flags))
}

async function explain(cli: Cli, user: string, flags: Flags): Promise<void> {
  const view = await openView(flags, 'explain')
  try {
    const bytes = await view.reader.profile(user)
    const head = await view.headOf(user)
    // the id itself stays out of messages
    if (bytes === undefined || head === undefined)
      return fail('usage', 'the state has no such user: no event of his was read, or he is forgotten')
    const found = explainUser({ head, stored: { user, bytes }, ...view.options, horizonMs: HORIZON_MS })
    if (found === undefined) return fail('usage', 'no bundle has seen this user yet: promote one')
    await cli.print(flags.json === true ? JSON.stringify(found) : explanationText(found))
  } finally {
    await view.close()
  }
}

const because = (reasons: Explanation['here']): string => reasons.map((r) => r.text).join('; ')

export function explanationText(e: Explanation): string {
  const { challenger, next, ifNothingHappens: then } = e
  const place = e.segment === null ? 'none yet' : `${e.segment} (${e.name})`
  const lines = facts([
    ['user', e.userId],
    ['segment', e.since === null ? place : `${place} since ${time(e.since)}, move ${e.sequence}`],
    ['as of', `${time(e.asOf)}, ${number(e.events)} events`],
    ...(e.missingEvents > 0 ? ([['wanting', `${number(e.missingEvents)} more events`]] as const) : []),
    ...(e.here.length > 0 ? ([['why here', because(e.here)]] as const) : []),
    ...(challenger
      ? ([
          ['drawn to', `${challenger.segment} since ${time(challenger.since)}, held back by the policy`],
        ] as const)
      : []),
    ...(next ? ([['would move', nextText(next)]] as const) : []),
    [
      'will move',
      then === null
        ? 'not within 500 days, if nothing happens'
        : `to ${then.to ?? 'nowhere: forgotten'} on ${time(then.occurredAt)} if nothing happens: ${then.summary}`,
    ],
    ['looked at', `again by ${time(e.dueAt)}`],
  ])
  const distances = table(e.distances, [
    { title: 'SEGMENT', value: (d) => d.segment },
    { title: 'DISTANCE', value: (d) => number(d.distance, 3), align: 'right' },
  ])
  return `${lines}\n\n${distances}`
}

function nextText(next: NonNullable<Explanation['next']>): string {
  const near = `${next.segment} is at ${number(next.distance, 3)}`
  const needed =
    next.neededDistance === null ? '' : `, at ${number(next.neededDistance, 3)} he would go there`
  return `${near}${needed}; towards it: ${because(next.reasons)}`
}
