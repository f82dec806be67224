import { expect, test } from 'vitest'
import { fail } from '../../../src/errors.ts'
import type { TaskPorts } from '../../../src/app/task/options.ts'
import { Stage } from './stage.ts'

const GIVEN = { type: 'given' } as const

test('T1: fence, take, tail, and only then records; the first head follows line 0', async () => {
  const stage = new Stage()
  const { loop, points } = stage.actor()
  loop.dispatch(GIVEN)
  expect(await stage.until(() => points.includes('polled'))).toBe(true)
  expect(points.slice(0, 4)).toEqual(['fenced', 'taken', 'tail-read', 'polled'])
  expect(stage.broker.published.map((r) => r.line.rev)).toEqual([0])
  expect(stage.store.keys.head).toMatchObject({ rev: 0, chain: stage.broker.published[0]?.line.chain })
})

test('T8: over complete inputs a task ends by itself, with all published and stored', async () => {
  const stage = new Stage()
  const actor = stage.actor()
  actor.loop.dispatch(GIVEN)
  expect(await stage.until(() => actor.left > 0)).toBe(true)
  expect(actor.loop.state.phase).toBe('absent')
  expect(stage.store.keys.head?.rev).toBe(stage.broker.published.at(-1)?.line.rev)
  expect(actor.loop.lastHead?.rev).toBe(stage.store.keys.head?.rev)
})

test('T4: what was published but not stored is folded again, and no page is closed before that is done', async () => {
  const stage = new Stage()
  const never = { checkpointIntervalMs: 1e12 }
  const first = stage.actor(never)
  first.loop.dispatch(GIVEN)
  await stage.until(() => first.points.includes('published'))
  first.loop.dispatch({ type: 'taken' })
  const published = stage.broker.published.length
  const second = stage.actor()
  second.loop.dispatch(GIVEN)
  await stage.until(() => second.points.includes('refolded'))
  expect(second.points.filter((p) => p === 'refolded-one').length).toBe(published - 1)
  expect(second.points).not.toContain('page-closed')
  expect(stage.broker.published.length).toBe(published)
  expect(await stage.until(() => second.left > 0)).toBe(true)
  expect(stage.orderly).toBe(true)
})

test('T5: a result that comes after the task was taken and given again is not heard', async () => {
  const stage = new Stage()
  let release: (() => void) | undefined
  const actor = stage.actor({}, ({ outlet }) => ({
    outlet: {
      ...outlet,
      publish: async (fence, page) => {
        await outlet.publish(fence, page)
        if (page.revisions.length === 1 || release !== undefined) return
        await new Promise<void>((resolve) => (release = resolve))
      },
    },
  }))
  actor.loop.dispatch(GIVEN)
  await stage.until(() => release !== undefined)
  actor.loop.dispatch({ type: 'taken' })
  expect([actor.loop.state.phase, actor.left, actor.loop.fold]).toEqual(['absent', 1, undefined])
  actor.loop.dispatch(GIVEN)
  await stage.until(() => actor.loop.state.phase === 'running' && actor.loop.state.published > 5)
  const { state } = actor.loop
  release?.()
  await new Promise<void>((resolve) => process.nextTick(resolve))
  expect(actor.loop.state).toBe(state)
  expect(await stage.until(() => actor.left > 1)).toBe(true)
  expect(stage.orderly).toBe(true)
})

/** Ports whose next calls of a method reject, each with its code. */
function rejecting<P extends 'outlet' | 'store' | 'source'>(
  port: P,
  method: keyof TaskPorts[P],
  codes: ('unreachable' | 'disk-full' | 'defect')[],
): (ports: TaskPorts) => Partial<TaskPorts> {
  return (ports) => {
    const call = ports[port][method] as (...args: unknown[]) => Promise<unknown>
    const bent = async (...args: unknown[]): Promise<unknown> => {
      // the first page opens the journal and is let through
      const page = args[1] as { revisions?: readonly { line: { rev: number } }[] } | undefined
      if (page?.revisions?.[0]?.line.rev === 0) return call(...args)
      const code = codes.shift()
      if (code === 'defect') throw new TypeError('a defect')
      return code === undefined ? call(...args) : fail(code, 'on purpose')
    }
    return { [port]: { ...ports[port], [method]: bent } }
  }
}

test('T6: a page whose outcome is unknown: fenced again only after a heartbeat that was sent after the error', async () => {
  const stage = new Stage()
  const actor = stage.actor({}, rejecting('outlet', 'publish', ['unreachable']))
  actor.loop.dispatch(GIVEN)
  expect(await stage.until(() => actor.loop.state.phase === 'doubting')).toBe(true)
  const at = stage.world.now
  await stage.until(() => false, 50)
  actor.loop.alive(at - 1)
  actor.loop.alive(at)
  expect([actor.loop.state.phase, stage.broker.fences]).toEqual(['doubting', 1])
  actor.loop.alive(at + 1)
  expect(actor.loop.state.phase).toBe('fencing')
  expect(await stage.until(() => actor.left > 0)).toBe(true)
  expect([stage.broker.fences, stage.orderly]).toEqual([2, true])
})

test('T6: two processes that both believe to own the task take it from each other no oftener than heartbeats succeed', async () => {
  const stage = new Stage(11, true)
  const actors = [stage.actor(), stage.actor()]
  for (const { loop } of actors) loop.dispatch(GIVEN)
  let beats = 0
  for (let i = 0; i < 2000; i++) {
    await stage.world.turn()
    if (i % 100 !== 0) continue
    beats++
    for (const { loop } of actors) loop.alive(stage.world.now)
  }
  expect(stage.broker.fences).toBeGreaterThan(2)
  expect(stage.broker.fences).toBeLessThanOrEqual(2 + 2 * beats)
  expect(stage.orderly).toBe(true)
})

test('T11, T17: a full disk stops the task with its code and a way out; nothing is half published', async () => {
  const stage = new Stage()
  const actor = stage.actor({}, rejecting('outlet', 'publish', ['disk-full']))
  actor.loop.dispatch(GIVEN)
  expect(await stage.until(() => actor.stopped !== undefined)).toBe(true)
  expect(actor.stopped).toMatchObject({ code: 'disk-full', hint: expect.stringMatching(/free space/i) })
  expect([actor.loop.state.phase, actor.loop.state.why]).toEqual(['stopped', 'disk-full'])
  expect(stage.broker.published.length).toBe(1)
  actor.loop.dispatch({ type: 'end' })
  expect(actor.left).toBe(1)
})

test('a defect is no trouble: it is handed up as it is', async () => {
  const stage = new Stage()
  const actor = stage.actor({}, rejecting('source', 'poll', ['defect']))
  actor.loop.dispatch(GIVEN)
  expect(await stage.until(() => actor.crashed !== undefined)).toBe(true)
  expect(actor.crashed).toBeInstanceOf(TypeError)
})

test('T14: a checkpoint whose server is away is written again, and pages go on meanwhile', async () => {
  const stage = new Stage()
  let published = Number.POSITIVE_INFINITY
  let begun = false
  let refused = 0
  const enough = (): boolean => refused >= 6 && actor.loop.state.published > published
  const actor = stage.actor({ checkpointIntervalMs: 0 }, ({ store }) => ({
    store: {
      ...store,
      checkpoint: async (p, sealed) => {
        if (begun && !enough()) {
          refused++
          fail('unreachable', 'on purpose')
        }
        begun = true
        return store.checkpoint(p, sealed)
      },
    },
  }))
  actor.loop.dispatch(GIVEN)
  await stage.until(() => refused === 1)
  published = actor.loop.state.published
  expect(await stage.until(enough)).toBe(true)
  expect(actor.loop.state.phase).toBe('running')
  expect(await stage.until(() => actor.left > 0)).toBe(true)
  expect(stage.store.keys.head?.rev).toBe(stage.broker.published.at(-1)?.line.rev)
})

test('T14: an input that is away holds the task; it goes on with the same step', async () => {
  const stage = new Stage()
  const actor = stage.actor({}, rejecting('source', 'poll', ['unreachable']))
  actor.loop.dispatch(GIVEN)
  expect(await stage.until(() => actor.loop.state.phase === 'held')).toBe(true)
  expect(await stage.until(() => actor.left > 0)).toBe(true)
  expect([stage.orderly, stage.broker.fences]).toEqual([true, 1])
})

test.each(['outlet', 'store'] as const)(
  'a take-over whose %s is away tries again, then doubts',
  async (port) => {
    const stage = new Stage()
    const method = port === 'outlet' ? 'fence' : 'take'
    const bend = rejecting(
      port,
      method as never,
      Array.from({ length: 6 }, () => 'unreachable' as const),
    )
    const actor = stage.actor({}, bend)
    actor.loop.dispatch(GIVEN)
    expect(await stage.until(() => actor.loop.state.phase === 'doubting')).toBe(true)
    actor.loop.alive(stage.world.now + 1)
    expect(await stage.until(() => actor.left > 0)).toBe(true)
    expect(stage.orderly).toBe(true)
  },
)

test('T14: a take-over that waits is said once, however often it is begun again, and when it goes on', async () => {
  const stage = new Stage()
  const away = Array.from({ length: 15 }, () => 'unreachable' as const)
  const actor = stage.actor({}, rejecting('store', 'take', away))
  const { loop, notices } = actor
  loop.dispatch(GIVEN)
  const doubts = new Set<number>()
  const done = (): boolean => {
    if (loop.state.phase === 'doubting') {
      doubts.add(loop.state.attempt)
      expect(loop.outages).toMatchObject([{ waits: 'take-over' }])
      loop.alive(stage.world.now + 1)
    }
    return actor.left > 0
  }
  expect(await stage.until(done)).toBe(true)
  expect(doubts.size).toBe(2)
  const said = notices.map((n) => n.text).filter((text) => /to be taken over|goes on/.test(text))
  expect(said).toEqual([
    expect.stringContaining('waits to be taken over since'),
    expect.stringContaining('goes on after'),
  ])
})

test('no notice names a user', async () => {
  const stage = new Stage()
  const actors = [stage.actor({ checkpointIntervalMs: 1e12 }), stage.actor()]
  for (const { loop } of actors) {
    loop.dispatch(GIVEN)
    await stage.until(() => stage.broker.published.length > 8)
  }
  await stage.until(() => actors[1]?.left === 1)
  const texts = actors.flatMap((a) => a.notices.map((n) => n.text))
  expect(texts.length).toBeGreaterThan(0)
  for (const text of texts) expect(text).not.toMatch(/\bu\d/)
})
