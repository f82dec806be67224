import { expect, test } from 'vitest'
import { SECOND_MS } from '../../../src/domain/base/duration.ts'
import { holdoutBucket } from '../../../src/domain/segments/holdout.ts'
import { membershipOf } from '../../../src/domain/segments/transition.ts'
import { bundle, Desk, DUE, T0, view } from './desk.ts'

test('a move names the promotion that made it, and no other move names one', () => {
  const desk = new Desk()
  desk.segmenter.deploy(bundle(), 'p-1')
  for (let i = 0; i < 2; i++) desk.event(view(T0 + i * SECOND_MS))
  desk.segmenter.deploy(bundle(-1.6), 'p-2')
  const slot = desk.event(view(T0 + 10 * SECOND_MS))
  while (desk.moves.length < 3) desk.segmenter.wake(slot, desk.moves, 0)
  expect(desk.moves.map((t) => [t.cause, t.promoteId])).toEqual([
    ['first', null],
    ['model', 'p-2'],
    ['inactivity', null],
  ])
})

test('each move of a user says whether he is held out, and so does where it leaves him', () => {
  const desk = new Desk(DUE, 0, { pct: 50, salt: 'spring' })
  desk.segmenter.deploy(bundle(), null)
  for (let user = 0; user < 20; user++)
    for (let i = 0; i < 7; i++) desk.event(view(T0 + i * SECOND_MS, `u${user}`))
  expect(desk.moves.length).toBeGreaterThan(20)
  for (const t of desk.moves) {
    const bucket = holdoutBucket(t.userId, 'spring')
    expect([t.holdoutBucket, t.holdout]).toEqual([bucket, bucket < 5000])
    expect(membershipOf(t)).toMatchObject({ holdoutBucket: bucket, holdout: bucket < 5000, segment: t.to })
  }
  expect(new Set(desk.moves.map((t) => t.holdout)).size).toBe(2)
})
