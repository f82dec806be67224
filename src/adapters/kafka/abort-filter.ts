/** What of a fetched record the filter looks at; kafkajs decodes records so. */
export interface FetchedRecord {
  readonly offset: string
  readonly key: Uint8Array | null
  /** A marker written by the transaction coordinator, no data. */
  readonly isControlRecord?: boolean | undefined
  /** Missing in the message formats before transactions. */
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean } | undefined
}

/** One aborted transaction that a fetch response overlaps, as the broker lists it: in the order of the abort markers. */
export interface AbortedTransaction {
  readonly producerId: string
  readonly firstOffset: string
}

export interface FetchedRange<R> {
  readonly messages: R[]
  readonly abortedTransactions?: readonly AbortedTransaction[] | null | undefined
}

/**
 * The records of a fetch response without those of aborted transactions; markers stay. Follows the Java client
 * (`CompletedFetch.nextFetchedRecord`, Apache Kafka): aborted transactions by first offset, all of those entered that have begun by
 * a record's offset, left at the producer's abort marker. Right from any offset on which a fetch may start, also with
 * transactions of several producers in one another.
 */
export function dropAborted<R extends FetchedRecord>(fetched: FetchedRange<R>): R[] {
  const { messages, abortedTransactions } = fetched
  if (!abortedTransactions || abortedTransactions.length === 0) return messages
  const begins = abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, first: Number(firstOffset) }))
    .sort((a, b) => a.first - b.first)
  const open = new Set<string>()
  let entered = 0
  return messages.filter((record) => {
    const offset = Number(record.offset)
    for (let next = begins[entered]; next !== undefined && next.first <= offset; next = begins[++entered]) {
      open.add(next.producerId)
    }
    const producerId = record.batchContext?.producerId ?? ''
    if (record.isControlRecord === true) {
      if (isAbortMarker(record.key)) open.delete(producerId)
      return true
    }
    return record.batchContext?.inTransaction !== true || !open.has(producerId)
  })
}

/** Key of a control record: version (int16), type (int16); type 0 is an abort, 1 a commit. */
function isAbortMarker(key: Uint8Array | null): boolean {
  return key !== null && key.length >= 4 && key[2] === 0 && key[3] === 0
}
