import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JournalLine, Outlet } from '../../src/ports/outlet.ts'
import { busyRevision, journalLine, page, revision } from '../support/revisions.ts'

/** One place that outlets publish to, and what can be seen there. */
export interface OutletHarness {
  /** A new outlet over the same place, as a process that starts makes it. */
  outlet(): Outlet
  /** What subscribers see: ids of transitions, users of memberships, offsets of dead letters, segments; in order. */
  seen(): Promise<{ transitions: string[]; memberships: string[]; deadLetters: number[]; segments: string[] }>
  close(): Promise<void>
}

export async function lines(outlet: Outlet, after = -1): Promise<JournalLine[]> {
  const found: JournalLine[] = []
  for await (const line of outlet.journal(0, after)) found.push(line)
  return found
}

/** The contract of `Outlet`, a test a sentence. */
export function outletConformance(name: string, make: () => Promise<OutletHarness>): void {
  describe(`an outlet: ${name}`, () => {
    let at: OutletHarness
    beforeEach(async () => {
      at = await make()
    })
    afterEach(() => at.close())

    fenceTests(() => at)
    publishTests(() => at)
    journalTests(() => at)
  })
}

function fenceTests(at: () => OutletHarness): void {
  test('the tail of an empty journal is none', async () => {
    const outlet = at().outlet()
    expect(await outlet.tail(await outlet.fence(0))).toBeUndefined()
  })

  test('a new fence voids the one before, of the same outlet and of another', async () => {
    const former = at().outlet()
    const first = await former.fence(0)
    const second = await former.fence(0)
    await expect(former.publish(first, page(revision(0)))).rejects.toMatchObject({ code: 'task-fenced' })
    const third = await at().outlet().fence(0)
    await expect(former.publish(second, page(revision(0)))).rejects.toMatchObject({ code: 'task-fenced' })
    await expect(former.tail(second)).rejects.toMatchObject({ code: 'task-fenced' })
    expect(third.task).toBe(0)
    expect(await lines(former)).toEqual([])
  })

  test('a page in flight while another fences is whole or gone once the fence is made', async () => {
    const former = at().outlet()
    const fence = await former.fence(0)
    const published = former.publish(fence, page(busyRevision(0, 3), busyRevision(1, 3)))
    const settled = published.then(
      () => true,
      () => false,
    )
    const next = at().outlet()
    const taken = await next.fence(0)
    const rev = (await next.tail(taken))?.rev
    expect([undefined, 1]).toContain(rev)
    if (await settled) expect(rev).toBe(1)
    expect((await lines(next)).length).toBe(rev === undefined ? 0 : 2)
    expect((await at().seen()).transitions).toHaveLength(rev === undefined ? 0 : 6)
  })

  test('a fence made again shows the same tail and keeps everything', async () => {
    const outlet = at().outlet()
    await outlet.publish(await outlet.fence(0), page(busyRevision(0, 2), busyRevision(1, 1)))
    const before = await at().seen()
    const next = at().outlet()
    expect((await next.tail(await next.fence(0)))?.rev).toBe(1)
    expect(await at().seen()).toEqual(before)
  })
}

function publishTests(at: () => OutletHarness): void {
  test('a page becomes visible as a whole: transitions, memberships, dead letters, segments and journal, in order', async () => {
    const outlet = at().outlet()
    const fence = await outlet.fence(0)
    const revisions = [busyRevision(0, 1), busyRevision(1, 2), revision(2), busyRevision(3, 1)]
    await outlet.publish(fence, page(...revisions))
    expect(await at().seen()).toEqual({
      transitions: revisions.flatMap((r) => r.transitions.map((t) => t.id)),
      memberships: revisions.flatMap((r) => r.memberships.map((m) => m.userId)),
      deadLetters: [1, 3],
      segments: ['loyal-1', 'loyal-3'],
    })
    expect(await lines(outlet)).toEqual(revisions.map((r) => r.line))
    expect(await outlet.tail(fence)).toEqual(revisions[3]?.line)
  })

  test('a line comes back with every member it had', async () => {
    const outlet = at().outlet()
    const line = journalLine(0, {
      tick: 1_740_787_200_123,
      refused: { clicks: [3, 9] },
      held: { why: 'silent', asOf: 1, inputs: ['clicks'] },
      recipe: 'r1',
      genesis: { app: 'shop', formats: { profile: 1 }, startedAt: 5, liveFrom: 0 },
      moves: [
        ['ü-"1"\n', 1, null, 'loyal'],
        ['u-2', 7, 'loyal', null],
      ],
    })
    await outlet.publish(await outlet.fence(0), page(revision(0, { line })))
    const next = at().outlet()
    expect(await next.tail(await next.fence(0))).toEqual(line)
    expect(await lines(next)).toEqual([line])
  })

  test('an empty page changes nothing', async () => {
    const outlet = at().outlet()
    const fence = await outlet.fence(0)
    await outlet.publish(fence, page())
    expect(await outlet.tail(fence)).toBeUndefined()
  })

  test('two pages at once are refused, and the refusal voids the fence', async () => {
    const outlet = at().outlet()
    const fence = await outlet.fence(0)
    const first = outlet.publish(fence, page(revision(0)))
    await expect(outlet.publish(fence, page(revision(1)))).rejects.toThrow('one page')
    await first
    await expect(outlet.publish(fence, page(revision(1)))).rejects.toMatchObject({ code: 'task-fenced' })
  })

  test('a page that does not follow the last revision is refused, and the refusal voids the fence', async () => {
    const outlet = at().outlet()
    const fence = await outlet.fence(0)
    await outlet.publish(fence, page(revision(0), revision(1)))
    await expect(outlet.publish(fence, page(revision(3)))).rejects.toThrow('follow')
    await expect(outlet.publish(fence, page(revision(2)))).rejects.toMatchObject({ code: 'task-fenced' })
    expect(await lines(outlet)).toHaveLength(2)
  })
}

function journalTests(at: () => OutletHarness): void {
  test.each([
    [-1, [0, 1, 2]],
    [0, [1, 2]],
    [1, [2]],
    [2, []],
    [9, []],
  ])('the journal after %i holds the revisions %j', async (after, expected) => {
    const outlet = at().outlet()
    const fence = await outlet.fence(0)
    await outlet.publish(fence, page(revision(0)))
    await outlet.publish(fence, page(revision(1), revision(2)))
    expect((await lines(outlet, after)).map((l) => l.rev)).toEqual(expected)
    expect((await lines(at().outlet(), after)).map((l) => l.rev)).toEqual(expected)
  })

  test('reading the journal may stop anywhere and begin again', async () => {
    const outlet = at().outlet()
    await outlet.publish(await outlet.fence(0), page(revision(0), revision(1), revision(2)))
    for await (const line of outlet.journal(0, -1)) if (line.rev === 1) break
    expect(await lines(outlet)).toHaveLength(3)
  })
}
