import type { Limit, RawRecord } from '../../ports/source.ts'

/** Records in order that may be handed out. */
interface Queue {
  peek(i: number): RawRecord | undefined
}

/**
 * How many records of each queue `limit` allows: one each first, whatever its size, then equal parts of what is left.
 */
export function deal(queues: readonly Queue[], limit: Limit): number[] {
  const counts = queues.map(() => 0)
  let { records, bytes } = limit
  const more = (i: number, upTo: number): boolean => {
    for (let n = 0; n < upTo; n++) {
      const next = queues[i]?.peek(counts[i] as number)
      if (next === undefined || records === 0) return false
      const size = next.to - next.from
      if (counts[i] !== 0 && size > bytes) return false
      counts[i] = (counts[i] as number) + 1
      records--
      bytes -= size
    }
    return true
  }
  let open = queues.map((_, i) => i).filter((i) => more(i, 1))
  while (open.length > 0) {
    const part = Math.max(1, Math.ceil(records / open.length))
    open = open.filter((i) => more(i, part))
  }
  return counts
}
