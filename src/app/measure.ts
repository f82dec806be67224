import { adjustedRand } from '../domain/model/indices.ts'

/** What a run's outputs say, read once from beginning to end. */
export interface RunMeasures {
  /** Moves that marketing saw, by cause. */
  readonly causes: ReadonlyMap<string, number>
  /** Last segment by user. */
  readonly segmentOf: ReadonlyMap<string, string>
  /** Members per segment at each instant asked for, in order. */
  readonly sizes: readonly ReadonlyMap<string, number>[]
  /** By cause, the clearest move (largest margin; the first of equals) of a user who had been somewhere before. */
  readonly examples: ReadonlyMap<string, Example>
}

export interface Example {
  readonly userId: string
  readonly from: string
  readonly to: string
  readonly summary: string
  readonly margin: number
}

interface Moved {
  readonly userId: string
  readonly from: string | null
  readonly to: string | null
  readonly cause: string
  readonly summary: string
  readonly margin: number | null
}

interface Member {
  readonly userId: string
  readonly segment: string | null
  readonly previous: string | null
  readonly since: string
}

/** Reads `segment-changed` and `user-segments` lines; `instants` ascending, ISO 8601. */
export async function measureRun(
  moves: AsyncIterable<string>,
  members: AsyncIterable<string>,
  instants: readonly string[],
): Promise<RunMeasures> {
  const causes = new Map<string, number>()
  const examples = new Map<string, Example>()
  for await (const line of moves) {
    const m = JSON.parse(line) as Moved
    causes.set(m.cause, (causes.get(m.cause) ?? 0) + 1)
    if (m.from === null || m.to === null || m.margin === null) continue
    if (m.margin <= (examples.get(m.cause)?.margin ?? Number.NEGATIVE_INFINITY)) continue
    const { userId, from, to, summary, margin } = m
    examples.set(m.cause, { userId, from, to, summary, margin })
  }
  const segmentOf = new Map<string, string>()
  const sizes: Map<string, number>[] = []
  const now = new Map<string, number>()
  for await (const line of members) {
    const m = JSON.parse(line) as Member
    while (sizes.length < instants.length && m.since >= (instants[sizes.length] as string))
      sizes.push(new Map(now))
    if (m.previous !== null) now.set(m.previous, (now.get(m.previous) ?? 0) - 1)
    if (m.segment === null) segmentOf.delete(m.userId)
    else {
      now.set(m.segment, (now.get(m.segment) ?? 0) + 1)
      segmentOf.set(m.userId, m.segment)
    }
  }
  while (sizes.length < instants.length) sizes.push(new Map(now))
  return { causes, segmentOf, sizes, examples }
}

/** How well segments tell planted groups apart. */
export interface Recovery {
  /** Adjusted Rand index (Hubert & Arabie 1985) over the users who have both. */
  readonly ari: number
  /** Segments that belong mostly to one group that no other segment belongs to. */
  readonly distinct: number
  readonly segments: number
}

export function recovery(
  segmentOf: ReadonlyMap<string, string>,
  groupOf: (user: string) => string | undefined,
): Recovery {
  const segments = new Map<string, Map<string, number>>()
  const a: number[] = []
  const b: number[] = []
  const code = new Map<string, number>()
  const codeOf = (name: string): number => {
    const known = code.get(name)
    if (known !== undefined) return known
    code.set(name, code.size)
    return code.size - 1
  }
  for (const [user, segment] of segmentOf) {
    const group = groupOf(user)
    if (group === undefined) continue
    a.push(codeOf(`s/${segment}`))
    b.push(codeOf(`g/${group}`))
    const counts = segments.get(segment) ?? new Map<string, number>()
    counts.set(group, (counts.get(group) ?? 0) + 1)
    segments.set(segment, counts)
  }
  const owners = [...segments.values()].map((counts) => [...counts].sort(([, x], [, y]) => y - x)[0]?.[0])
  return { ari: adjustedRand(a, b), distinct: new Set(owners).size, segments: segments.size }
}
