import type { Task, Topic } from '../../ports/types.ts'
import type { PartitionReader } from './reader.ts'

/** What is published in a partition of an output, as of now and a little later. */
export interface PublishedOutput {
  /** Records before the first are gone. */
  readonly retired: boolean
  /** Values of committed records; `later`: not there yet when this was opened, but at the first look. */
  readonly records: AsyncGenerator<{ readonly value: Buffer; readonly later: boolean }, void, undefined>
}

/** Opens an output for reading in order, read_committed. */
export async function openPublished(
  reader: PartitionReader,
  topic: Topic,
  p: Task,
): Promise<PublishedOutput> {
  const opened = (await reader.bounds([topic], p))[topic] ?? { start: 0, end: 0 }
  return { retired: opened.start > 0, records: recordsOf(reader, topic, p, opened) }
}

async function* recordsOf(
  reader: PartitionReader,
  topic: Topic,
  p: Task,
  opened: { readonly start: number; readonly end: number },
): PublishedOutput['records'] {
  const now = (await reader.bounds([topic], p))[topic] ?? opened
  for await (const records of reader.records(topic, p, opened.start, now.end)) {
    for (const { offset, value } of records)
      yield { value: value ?? Buffer.alloc(0), later: Number(offset) >= opened.end }
  }
}
