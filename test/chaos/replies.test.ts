import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { seededRandom } from '../../src/domain/base/random.ts'
import { MINUTE_MS, SECOND_MS } from '../../src/domain/base/duration.ts'
import { until } from '../adapters/kafka/place.ts'
import { openWire, type Wire } from '../support/proxy.ts'
import { Fleet } from './fleet.ts'
import { settings } from './set-up.ts'
import { EXACT } from './verdict.ts'

const PARTITIONS = 4
/** So often something happens on the wires, a moment after the last. */
const DISTURBANCES = 24
const PAUSE_MS = 700
/** Records a second and task meanwhile: slow enough that there is work left at the end of it. */
const RATE = 30
const SEED = 3

const setting = settings({ users: 500, days: 30 })

test(
  'answers that are lost, late or never come, of Kafka and of Redis, double and lose nothing',
  { timeout: 6 * MINUTE_MS },
  async (context) => {
    const { stage, redis, onEnd } = await setting.open(context, { partitions: PARTITIONS })
    const [node] = redis.access.nodes
    const broker = Number(stage.here.server.brokers[0]?.split(':')[1])
    const wires = { kafka: await openWire(broker), redis: await openWire(node?.port ?? 0) }
    onEnd(() => Promise.all([wires.kafka.stop(), wires.redis.stop()]))
    const through = { [broker]: wires.kafka.port, [node?.port ?? 0]: wires.redis.port }
    const fleet = new Fleet()
    onEnd(() => fleet.kill())
    for (const member of ['a', 'b']) {
      const config = stage.config(member)
      const calm = { config, rate: 1e6 }
      const disturbed = { config, rate: RATE, through }
      fleet.start(member, disturbed, () => (disturbing ? disturbed : calm))
    }
    let disturbing = true
    await until('something is stored', async () => (await stage.folded()) > 200, MINUTE_MS)
    const done = await disturb(Object.values(wires))
    const folded = await stage.folded()
    disturbing = false
    // connections that are half open may hold one up for longer than it may take
    await fleet.end()
    for (const member of ['a', 'b']) fleet.start(member, { config: stage.config(member), rate: 1e6 })
    await stage.caughtUp()
    expect(await fleet.end()).toEqual([0, 0])
    const { seen: _, ...verdict } = await stage.verdict()
    process.stdout.write(
      `wires: ${[...done].map(([what, times]) => `${what} ${times}`).join(', ')}; ${verdict.moves} moves, ` +
        `duplicates ${verdict.duplicates}, losses ${verdict.losses}; ` +
        `meanwhile ${folded} of ${stage.fed.records} records\n`,
    )
    expect(verdict).toMatchObject({ ...EXACT, agreed: true })
    expect([...done.keys()].sort()).toEqual(['cut', 'half-open', 'late', 'lost'])
  },
)

type Disturbance = 'cut' | 'lost' | 'late' | 'half-open'

/** Disturbs the wires by chance; returns how often how. */
async function disturb(wires: readonly Wire[]): Promise<Map<Disturbance, number>> {
  const random = seededRandom(SEED)
  const below = (n: number): number => Math.floor(random.next() * n)
  const done = new Map<Disturbance, number>()
  const kinds: readonly Disturbance[] = ['lost', 'lost', 'lost', 'lost', 'cut', 'cut', 'late', 'half-open']
  for (let i = 0; i < DISTURBANCES; i++) {
    const wire = wires[below(wires.length)] as Wire
    const kind = kinds[i % kinds.length] as Disturbance
    done.set(kind, (done.get(kind) ?? 0) + 1)
    if (kind === 'cut') wire.cut()
    else if (kind === 'lost') wire.loseAnswer(below(12))
    else if (kind === 'half-open') wire.halfOpen()
    else {
      wire.delayMs = 300 + below(1200)
      await sleep(2 * SECOND_MS)
      wire.delayMs = 0
    }
    await sleep(PAUSE_MS)
  }
  return done
}
