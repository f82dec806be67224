import type { RawRecord, RecordSource } from '../../src/ports/source.ts'
import type { Positions } from '../../src/ports/types.ts'

export const textOf = (record: RawRecord): string =>
  Buffer.from(record.bytes.slice(record.from, record.to)).toString('utf8')

/** All records of a source up to the end of every topic, polled with `limit` at a time. */
export async function readAll(
  source: RecordSource,
  from: Positions,
  limit = { records: 1000, bytes: 1 << 20 },
): Promise<Record<string, RawRecord[]>> {
  const all: Record<string, RawRecord[]> = Object.fromEntries(Object.keys(from).map((topic) => [topic, []]))
  let at: Positions = from
  for (;;) {
    const { records, rest } = await source.poll(0, at, limit, 0)
    let got = 0
    const next: Record<string, number> = { ...at }
    for (const [topic, some] of Object.entries(records)) {
      all[topic]?.push(...some)
      got += some.length
      const last = some.at(-1)
      if (last) next[topic] = last.offset + 1
    }
    at = next
    if (got === 0 && Object.values(rest).every((r) => r !== 'more')) return all
  }
}
