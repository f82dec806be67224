import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileSource } from '../../../src/adapters/files/file-source.ts'
import { fileForm } from '../../../src/adapters/files/open.ts'
import { zoneTable } from '../../../src/adapters/system/zone.ts'
import { makeDecoder } from '../../../src/app/decode.ts'
import { ingest } from '../../../src/app/ingest.ts'
import { parseMapping } from '../../../src/domain/events/mapping.ts'
import { SegmentationError } from '../../../src/errors.ts'
import { realClock } from '../../support/clock.ts'

/** One kind of bad input, and what is said of it: the whole message, so that a person has read it here. */
export interface Bad {
  readonly what: string
  readonly says: string
  /** What came of it, as text. */
  readonly outcome: () => Promise<string> | string
}

export const LATEST = Date.UTC(2025, 0, 1)

/** Runs `work` in a folder of its own; an error becomes its code and message, with the folder's name left out. */
export async function inFolder(work: (dir: string) => Promise<string> | string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'bad-'))
  try {
    return (await said(() => work(dir))).replaceAll(`${dir}/`, '')
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** What `work` gives, or the code and message of what it throws. */
export async function said(work: () => Promise<string> | string): Promise<string> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof SegmentationError) return `${error.code}: ${error.message}`
    throw error
  }
}

/** A small shop's own mapping of CSV. */
export const SHOP = {
  name: 'shop',
  version: 1,
  format: 'csv',
  user: 'user',
  time: { field: 'time', format: 'yyyy-MM-dd HH:mm', zone: 'Europe/Paris' },
  kind: { field: 'kind', table: { view: 'product_viewed', order: 'order_completed' } },
  eventId: { hash: 'record' },
  product: 'product',
  quantity: 'quantity',
  amount: { field: 'price', timesQuantity: true },
  currency: { field: 'currency' },
  orderId: 'order',
}
export const HEADER = 'user,time,kind,product,quantity,price,currency,order'
export const ROW = 'u1,2024-01-31 09:15,order,p,2,9.99,EUR,o1'

/** Reads one file by a mapping: each record that was refused with its line, or how many events there were. */
export function reading(content: string | Buffer | undefined, mapping: object = SHOP): () => Promise<string> {
  return () =>
    inFolder((dir) => {
      const path = join(dir, 'shop.csv')
      if (content !== undefined) writeFileSync(path, content)
      return read(path, mapping)
    })
}

export async function read(path: string, value: object): Promise<string> {
  const mapping = parseMapping(value, 'shop.json')
  const source = new FileSource({ inputs: [{ topic: path, path, ...fileForm(mapping) }], clock: realClock })
  const letters: string[] = []
  const write = (lines: string): Promise<void> => {
    for (const line of lines.trim().split('\n')) {
      const {
        line: at,
        reason,
        detail,
      } = JSON.parse(line) as { line: number; reason: string; detail: string }
      letters.push(`line ${at}, ${reason}: ${detail}`)
    }
    return Promise.resolve()
  }
  try {
    const { format } = mapping
    const columns = format === 'csv' ? await source.columns(path) : undefined
    const zone = mapping.time.zone
    const zones = zone === undefined ? {} : { [zone]: zoneTable(zone) }
    const decode = makeDecoder({ format, mapping, columns, zones, joins: true })
    const lineOf = (offset: number): number | undefined => source.lineOf(path, offset)
    const account = await ingest({
      inputs: [{ topic: path, source, decode, lineOf }],
      events: { write: () => Promise.resolve() },
      deadLetters: { write },
      latestMs: LATEST,
    })
    return letters.length > 0 ? letters.join('; ') : `${account.events} events`
  } finally {
    await source.close()
  }
}
