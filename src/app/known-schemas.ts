import { SegmentationError } from '../errors.ts'
import type { WriterSchemas } from '../ports/schemas.ts'
import type { Chunk, RawRecord, RecordSource } from '../ports/source.ts'
import type { Task, Topic } from '../ports/types.ts'
import { schemaIdOf } from './avro-frame.ts'

/**
 * A source that hands out records only once the schemas they name are decided, so that folding never waits inside. What comes
 * before the first undecided record goes ahead; that one rejects a poll until it is decided, and until then the bounds as well,
 * which are what a held task probes. `topics` are those with Avro in them.
 */
export function withKnownSchemas(
  source: RecordSource,
  topics: readonly Topic[],
  schemas: WriterSchemas,
): RecordSource {
  /** What polls were rejected for. */
  const wanted = new Map<Task, ReadonlySet<number>>()
  const learn = async (p: Task, ids: ReadonlySet<number>): Promise<void> => {
    wanted.set(p, ids)
    await schemas.learn(ids)
    wanted.delete(p)
  }
  return {
    own: (on) =>
      source.own({
        ...on,
        taken: (p) => {
          wanted.delete(p)
          on.taken(p)
        },
      }),
    bounds: async (p) => {
      const ids = wanted.get(p)
      if (ids !== undefined) await learn(p, ids)
      return source.bounds(p)
    },
    poll: async (p, from, limit, waitMs) => {
      const chunk = await source.poll(p, from, limit, waitMs)
      try {
        await learn(p, idsOf(chunk, topics))
        return chunk
      } catch (error) {
        const passes = error instanceof SegmentationError && error.retryable
        const ahead = passes ? decidedPart(chunk, topics, schemas) : undefined
        if (ahead === undefined) throw error
        return ahead
      }
    },
    close: () => source.close(),
  }
}

function idsOf({ records }: Chunk, topics: readonly Topic[]): Set<number> {
  const ids = new Set<number>()
  let last: number | undefined
  for (const topic of topics) {
    for (const record of records[topic] ?? []) {
      const id = schemaIdOf(record)
      if (id !== undefined && id !== last) ids.add((last = id))
    }
  }
  return ids
}

/**
 * The records before the first one of each topic whose schema is not known; undefined where a topic has none before it: what
 * follows elsewhere could not be folded before that one, and would only pile up.
 */
function decidedPart(chunk: Chunk, topics: readonly Topic[], schemas: WriterSchemas): Chunk | undefined {
  const records = { ...chunk.records }
  const rest = { ...chunk.rest }
  const known = (record: RawRecord): boolean => {
    const id = schemaIdOf(record)
    return id === undefined || schemas.reader(id) !== undefined
  }
  for (const topic of topics) {
    const all = records[topic] ?? []
    const first = all.findIndex((record) => !known(record))
    if (first < 0) continue
    if (first === 0) return undefined
    records[topic] = all.slice(0, first)
    rest[topic] = 'more'
  }
  return { records, rest }
}
