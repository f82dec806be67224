import { createHash } from 'node:crypto'
import { outputLines } from '../../adapters/embedded/output-lines.ts'
import { kindAt, type ShopTruth } from '../../app/generate/shop.ts'
import { recovery, type Recovery } from '../../app/measure.ts'
import { number } from '../../render/format.ts'
import type { Cli } from '../cli.ts'
import { replayInto } from '../commands/replay.ts'

/** What the demo claims, measured. */
export interface Checks {
  readonly recovery: Recovery
  /** Planted kinds of customers. */
  readonly planted: number
  readonly kills: number
  /** Of all moves, in their order. */
  readonly sha256: string
  /** Moves that the undisturbed run made and the killed one did not, and the reverse. */
  readonly lost: number
  readonly foreign: number
  /** Lines whose id was there before. */
  readonly doubled: number
  readonly sameBytes: boolean
  readonly replayed: number
  readonly replayEqual: boolean
}

export interface CheckInput {
  /** The run that was killed, one that was left alone, and a folder for the replay. */
  readonly dir: string
  readonly undisturbed: string
  readonly scratch: string
  readonly kills: number
  /** Read from the side file: nothing else in the demo knows it. */
  readonly truth: ShopTruth
  /** When the customers are what they are compared with, Unix ms. */
  readonly atMs: number
  /** Last segment by user. */
  readonly segmentOf: ReadonlyMap<string, string>
}

export async function runChecks(cli: Cli, input: CheckInput): Promise<Checks> {
  const { dir, undisturbed, scratch, kills, truth, atMs, segmentOf } = input
  const killed = await movesOf(dir)
  const left = await movesOf(undisturbed)
  const { result, comparisons } = await replayInto(cli, dir, scratch)
  const kind = (user: string): string | undefined => {
    const person = truth.people[user]
    return person && kindAt(person, atMs)
  }
  return {
    recovery: recovery(segmentOf, kind),
    planted: new Set(Object.keys(truth.people).map(kind)).size,
    kills,
    sha256: killed.sha256,
    lost: [...left.ids].filter((id) => !killed.ids.has(id)).length,
    foreign: [...killed.ids].filter((id) => !left.ids.has(id)).length,
    doubled: killed.lines - killed.ids.size,
    sameBytes: killed.sha256 === left.sha256,
    replayed: result.transitions,
    replayEqual: comparisons.every((c) => c.difference === undefined),
  }
}

async function movesOf(dir: string): Promise<{ ids: Set<string>; lines: number; sha256: string }> {
  const ids = new Set<string>()
  const hash = createHash('sha256')
  let lines = 0
  for await (const line of outputLines(dir, 'segment-changed')) {
    hash.update(line).update('\n')
    ids.add((JSON.parse(line) as { id: string }).id)
    lines++
  }
  return { ids, lines, sha256: hash.digest('hex') }
}

/** Least adjusted Rand index between planted and found groups that counts as found again. */
const RECOVERY_MIN = 0.4

const found = (c: Checks): boolean => c.recovery.ari >= RECOVERY_MIN
const exactlyOnce = (c: Checks): boolean => c.sameBytes && c.lost === 0 && c.foreign === 0 && c.doubled === 0

export function passed(c: Checks): boolean {
  return found(c) && exactlyOnce(c) && c.replayEqual
}

export function checksText(c: Checks): string {
  const mark = (ok: boolean): string => (ok ? '✓' : '✗')
  const { ari, distinct } = c.recovery
  const output = c.sameBytes ? 'same output' : 'another output'
  return [
    `CHECKS ${mark(found(c))} planted personas found again ${distinct} of ${c.planted} (ARI ${number(ari, 2)})`,
    `       ${mark(exactlyOnce(c))} killed ${c.kills} times: ${output} as undisturbed, sha256 ${c.sha256.slice(0, 12)}…, ${number(c.lost)} lost, ${number(c.doubled)} doubled`,
    `       ${mark(c.replayEqual)} replay gives ${c.replayEqual ? 'the same' : 'other'} ${number(c.replayed)} ids`,
  ].join('\n')
}
