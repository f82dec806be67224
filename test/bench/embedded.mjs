// The doors of an embedded run: what a page, a journal line and a checkpoint cost. Run after `npm run build`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { EmbeddedOutlet } from '../../dist/adapters/embedded/outlet.js'
import { openRunFolder } from '../../dist/adapters/embedded/run-folder.js'
import { EmbeddedStore } from '../../dist/adapters/embedded/store.js'

const USERS = Number(process.env.USERS ?? 1_000_000)
const START_MS = Date.UTC(2025, 0, 1)

const reason = (feature) => ({
  feature,
  label: 'Last order',
  unit: 'day',
  before: 12.25,
  now: 61.5,
  pull: 0.52341,
  text: 'last order 61 days ago (was 12)',
})
const transition = (n) => ({
  id: `tr_${String(n).padStart(32, '0')}`,
  userId: `user-${n}`,
  sequence: 7,
  from: 'loyal',
  fromName: 'Loyal buyers',
  to: 'at-risk',
  toName: 'At risk',
  fromSince: START_MS,
  timesInTo: 2,
  cause: 'behaviour',
  origin: 'live',
  occurredAt: START_MS + n,
  distanceFrom: 2.4123456789,
  distanceTo: 1.6623456789,
  margin: 0.3109123,
  bundleVersion: 'b'.repeat(64),
  triggerKind: 'product_viewed',
  triggerEventId: `event-${n}`,
  sourceTopic: 'clicks',
  sourcePartition: 0,
  sourceOffset: n,
  summary: 'Last order 61 days ago (was 12); no visit for 30 days (was 9)',
  reasons: [reason('a'), reason('b'), reason('c')],
})
const membership = (n) => ({
  userId: `user-${n}`,
  segment: 'at-risk',
  since: START_MS + n,
  previous: 'loyal',
  sequence: 7,
  bundleVersion: 'b'.repeat(64),
  origin: 'live',
})
const line = (rev, moves) => ({
  rev,
  positions: { clicks: rev * 1000 },
  digests: { clicks: 'd'.repeat(64) },
  moves,
  chain: 'c'.repeat(64),
})
const head = (rev) => ({
  rev,
  chain: `c${rev}`,
  positions: {},
  digests: {},
  clock: START_MS,
  recipe: 'r',
  genesis: { app: 'bench', formats: {}, startedAt: 0, liveFrom: 0 },
  deployments: [],
  segments: [],
  labels: {},
  held: false,
  releasedAt: 0,
  counts: { records: 0, events: 0, skipped: {}, refused: {}, moves: 0, members: {} },
})

async function median(rounds, run) {
  const times = []
  for (let i = 0; i < rounds; i++) times.push(await run(i))
  return times.sort((a, b) => a.wall - b.wall)[Math.floor(rounds / 2)]
}
/** Wall and CPU milliseconds of the whole process, all threads. */
const timed = async (work) => {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const wall = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  return { wall, cpu: (user + system) / 1000 }
}
const print = (what, { wall, cpu }, target) =>
  process.stdout.write(
    `${what.padEnd(64)} ${wall.toFixed(1).padStart(8)} ms  cpu ${cpu.toFixed(1).padStart(8)} ms  target ${target}\n`,
  )

const dir = mkdtempSync(join(tmpdir(), 'bench-embedded-'))
const folder = await openRunFolder(join(dir, 'run'), { create: true })
const outlet = new EmbeddedOutlet(folder, 'bench')
const store = new EmbeddedStore(folder)
try {
  const fence = await outlet.fence(0)
  let rev = 0
  const quiet = () => ({
    line: line(rev++, []),
    transitions: [],
    memberships: [],
    deadLetters: [],
    catalog: [],
  })
  print(
    'page of 25 revisions, journal lines alone (25,000 events)',
    await median(51, () =>
      timed(() => outlet.publish(fence, { revisions: Array.from({ length: 25 }, quiet) })),
    ),
    '≤ 1',
  )
  const busy = () => {
    const n = rev * 1000
    const ids = Array.from({ length: 1000 }, (_, i) => n + i)
    return {
      line: line(
        rev++,
        ids.map((i) => [`user-${i}`, 7, 'loyal', 'at-risk']),
      ),
      transitions: ids.map(transition),
      memberships: ids.map(membership),
      deadLetters: [],
      catalog: [],
    }
  }
  const pages = Array.from({ length: 21 }, () => ({ revisions: Array.from({ length: 5 }, busy) }))
  print(
    'page of 5,000 transitions with their memberships',
    await median(21, (i) => timed(() => outlet.publish(fence, pages[i]))),
    '≤ 15',
  )

  await store.take(fence, 'a')
  const bytes = (seed) => Uint8Array.from({ length: 120 }, (_, i) => (i * 31 + seed * 17) & 0xff)
  let at = -1
  const put = (profiles, memberships = []) =>
    store.checkpoint(0, {
      token: 'a',
      after: at < 0 ? undefined : at,
      head: head(++at),
      profiles,
      memberships,
      forgotten: [],
    })
  const fill = await timed(async () => {
    for (let i = 0; i < USERS; i += 10_000) {
      await put(
        Array.from({ length: 10_000 }, (_, j) => ({
          user: `user-${i + j}`,
          due: START_MS + (((i + j) * 7919) % USERS),
          bytes: bytes(i + j),
        })),
      )
    }
  })
  print(`${USERS.toLocaleString('en')} profiles written in checkpoints of 10,000`, fill, '–')
  let x = 1
  const anyone = () => (x = (x * 48271) % 2147483647) % USERS
  const active = Array.from({ length: 30_000 }, anyone)
  const some = (k) => Array.from({ length: 10_000 }, (_, j) => active[(k * 4001 + j * 7) % active.length])
  const round = (moves) => async (k) => {
    const users = some(k)
    await store.read(
      0,
      'a',
      users.map((u) => `user-${u}`),
      -Infinity,
      1,
    )
    const profiles = users.map((u) => ({
      user: `user-${u}`,
      due: START_MS + 86_400_000 + k * 1000 + u,
      bytes: bytes(k),
    }))
    return timed(() => put(profiles, moves ? users.slice(0, moves).map(membership) : []))
  }
  print('checkpoint of 10,000 profiles of 120 bytes, of users just read', await median(15, round(0)), '≤ 60')
  print('the same with 1,000 memberships', await median(15, round(1000)), '–')
  print(
    'read of 1,000 random users and 1,000 dues',
    await median(15, () =>
      timed(() =>
        store.read(
          0,
          'a',
          Array.from({ length: 1000 }, () => `user-${anyone()}`),
          Infinity,
          1000,
        ),
      ),
    ),
    '–',
  )
  print('take (counts every key)', await median(3, () => timed(() => store.take(fence, 'a'))), '≤ 2,000')
  print('fence', await median(9, () => timed(() => outlet.fence(0))), '–')
} finally {
  await folder.close()
  rmSync(dir, { recursive: true, force: true })
}
