import type { PromotionTruth, ShopTruth } from '../../../src/app/generate/shop.ts'
import type { Event } from '../../../src/domain/events/event.ts'

/** Orders per visitor of a promotion's days: those who see it, less those who are held out. */
export interface Effect {
  readonly treated: number
  readonly control: number
  /** Mean of what was planted, over the visitors who see it. */
  readonly planted: number
  readonly measured: number
  /** Standard error of the difference, by Welch's formula. */
  readonly error: number
}

export function inDays(e: Event, p: PromotionTruth): boolean {
  return p.fromMs <= e.eventTime && e.eventTime < p.toMs
}

/** Users who come in the days of a promotion: it changes nobody's visits, so that both arms are comparable. */
export function visitorsOf(events: readonly Event[], p: PromotionTruth): Set<string> {
  return new Set(events.filter((e) => e.kind === 'page_viewed' && inDays(e, p)).map((e) => e.userId))
}

export function ordersOf(events: readonly Event[], p: PromotionTruth): Event[] {
  return events.filter((e) => e.kind === 'order_completed' && inDays(e, p))
}

export function effectOf(events: readonly Event[], { people }: ShopTruth, p: PromotionTruth): Effect {
  const orders = new Map<string, number>()
  for (const { userId } of ordersOf(events, p)) orders.set(userId, (orders.get(userId) ?? 0) + 1)
  const visitors = [...visitorsOf(events, p)]
  const arm = (exposed: boolean): string[] =>
    visitors.filter((user) => people[user]?.exposed.includes(p.name) === exposed)
  const [treated, control] = [arm(true), arm(false)]
  const [a, b] = [treated, control].map((users) => users.map((user) => orders.get(user) ?? 0))
  return {
    treated: treated.length,
    control: control.length,
    planted: mean(treated.map((user) => p.lift[people[user]?.persona ?? ''] ?? Number.NaN)),
    measured: mean(a ?? []) - mean(b ?? []),
    error: Math.sqrt(variance(a ?? []) / treated.length + variance(b ?? []) / control.length),
  }
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
function variance(values: readonly number[]): number {
  const middle = mean(values)
  return values.reduce((sum, v) => sum + (v - middle) ** 2, 0) / (values.length - 1)
}
