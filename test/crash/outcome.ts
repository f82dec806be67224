import { createHash } from 'node:crypto'
import { openRunFolder, runPaths } from '../../src/adapters/embedded/run-folder.ts'
import { wholeText } from '../support/run-folder.ts'

/** Everything that a run left behind and that must not depend on how often it was stopped. */
export interface Outcome {
  readonly segmentChanged: string
  readonly userSegments: string
  readonly deadLetters: string
  readonly journal: string
  /** Hash of each entry of the state but its owner's token, by key: head, profiles with due times, memberships, indices. */
  readonly state: ReadonlyMap<string, string>
}

const TOKEN = Buffer.from('t').toString('latin1')
/** Where pages roll, a line's part and length depend on where pages ended. */
const EXTENTS = /,"files":\{[^}]*\}/g

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export async function outcomeOf(dir: string, rolled = false): Promise<Outcome> {
  const paths = runPaths(dir)
  const journal = wholeText(paths.journal)
  return {
    segmentChanged: wholeText(paths.segmentChanged),
    userSegments: wholeText(paths.userSegments),
    deadLetters: wholeText(paths.deadLetter),
    journal: rolled ? journal.replace(EXTENTS, '') : journal,
    state: await stateOf(dir),
  }
}

async function stateOf(dir: string): Promise<Map<string, string>> {
  const folder = await openRunFolder(dir, { create: false, readOnly: true })
  try {
    const entries = await folder.db.iterator().all()
    const state = entries.map(([key, value]) => [Buffer.from(key).toString('latin1'), sha256(value)] as const)
    return new Map(state.filter(([key]) => key !== TOKEN))
  } finally {
    await folder.close()
  }
}

/** What differs, in words; nothing where the two are one outcome. */
export function differences(expected: Outcome, found: Outcome): string[] {
  const out: string[] = []
  for (const name of ['segmentChanged', 'userSegments', 'deadLetters', 'journal'] as const) {
    if (expected[name] === found[name]) continue
    const [a, b] = [expected[name].split('\n'), found[name].split('\n')]
    const line = a.findIndex((text, i) => text !== b[i])
    out.push(
      `${name}: ${a.length - 1} lines expected, ${b.length - 1} found; line ${line + 1}:\n  ${a[line]}\n  ${b[line]}`,
    )
  }
  for (const key of new Set([...expected.state.keys(), ...found.state.keys()])) {
    if (expected.state.get(key) !== found.state.get(key)) out.push(`state, key ${JSON.stringify(key)}`)
  }
  return out.slice(0, 10)
}

/** The same outcome without what rolling changes. */
export const unrolled = (o: Outcome): Outcome => ({ ...o, journal: o.journal.replace(EXTENTS, '') })
