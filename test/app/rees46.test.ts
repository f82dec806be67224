import { existsSync } from 'node:fs'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { FileSource } from '../../src/adapters/files/file-source.ts'
import { loadMapping } from '../../src/cli/declarations.ts'
import { makeDecoder } from '../../src/app/decode.ts'
import { realClock } from '../support/clock.ts'
import { readAll } from '../support/records.ts'

const DATA = resolve(import.meta.dirname, '../../../shared/data')
const CLICKS = resolve(DATA, 'clickstream/rees46_2019-10-01_first_170min.csv.gz')
const GOLDEN = resolve(DATA, 'golden/rees46_first_170min_seed7_features.csv.gz')
const here = existsSync(CLICKS) && existsSync(GOLDEN)

// The real clickstream is not part of the repository; where it is missing the test says so by being skipped.
test.skipIf(!here)(
  'every row of the real clickstream is an event, and their sums are the reference',
  async () => {
    const source = new FileSource({
      inputs: [{ topic: 'clicks', path: CLICKS, format: 'csv' }],
      clock: realClock,
    })
    const decode = makeDecoder({
      format: 'csv',
      mapping: loadMapping('rees46'),
      columns: await source.columns('clicks'),
    })
    const records = (await readAll(source, { clicks: 0 }))['clicks'] ?? []
    await source.close()
    expect(records).toHaveLength(17_434)

    const users = new Map<
      string,
      {
        total: number
        views: number
        carts: number
        purchases: number
        spentMinor: number
        categories: Set<string>
      }
    >()
    const ids = new Set<string>()
    for (const record of records) {
      const decoded = decode(record, Number.MAX_SAFE_INTEGER)
      const event = decoded.type === 'events' ? decoded.events[0] : undefined
      if (event === undefined) throw new Error(JSON.stringify(decoded))
      ids.add(event.eventId)
      const user = users.get(event.userId) ?? {
        total: 0,
        views: 0,
        carts: 0,
        purchases: 0,
        spentMinor: 0,
        categories: new Set(),
      }
      users.set(event.userId, user)
      user.total++
      if (event.kind === 'product_viewed') user.views++
      if (event.kind === 'product_added') user.carts++
      if (event.kind === 'order_completed') {
        user.purchases++
        user.spentMinor += event.amountMinor ?? 0
      }
      if (event.category) user.categories.add(event.category.split('.')[0] as string)
    }
    expect(ids.size).toBe(17_434)

    const [header, ...rows] = gunzipSync(readFileSync(GOLDEN)).toString().trim().split('\n')
    const columns = (header as string).trim().split(',')
    const at = (name: string): number => columns.indexOf(name)
    expect(rows).toHaveLength(users.size)
    for (const row of rows) {
      const cells = row.trim().split(',')
      const user = users.get(cells[at('user_id')] as string)
      expect([user?.total, user?.views, user?.carts, user?.purchases, user?.categories.size]).toEqual(
        ['total_events', 'total_views', 'total_carts', 'total_purchases', 'unique_categories'].map((name) =>
          Number(cells[at(name)]),
        ),
      )
      expect((user?.spentMinor ?? -1) / 100).toBeCloseTo(Number(cells[at('total_spent')]), 9)
    }
  },
)
