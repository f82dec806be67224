import { hash32 } from '../../domain/base/hash.ts'
import { PERSONAS } from './personas.ts'

/** Money off an order. */
export interface Coupon {
  readonly code: string
  /** Share of the price, 0–1. */
  readonly discount: number
}

/** An offer that half of the customers see and the others never do, with the effect that was planted. */
export interface Promotion {
  readonly name: string
  /** Days 0-based, the last one exclusive. */
  readonly fromDay: number
  readonly toDay: number
  readonly coupon?: Coupon
  /**
   * Orders that each visitor of its days makes in addition, by persona: the mean over those who see it. Whoever buys for its
   * sake buys once; nothing else that he does changes.
   */
  readonly lift: Readonly<Record<string, number>>
}

/** A mail to all subscribers. It brings nobody: whoever comes in the two days after would have come, some by its link. */
export interface Campaign {
  readonly name: string
  readonly day: number
}

/** Share of the customers that see a promotion when they come; the others are its control. */
export const EXPOSED_SHARE = 0.5

/** Shortest shop in which there is something to see of a promotion, in days. */
const MIN_DAYS = 20
const NEWSLETTER_EVERY_DAYS = 28
const NEWSLETTER_FIRST_DAY = 6

/** A newcomer's first order. */
export const WELCOME: Coupon = { code: 'WELCOME10', discount: 0.1 }

/** Three in a shop of `days` days: one on its way, one that does nothing, one near the end. */
export function promotionsOf(days: number): readonly Promotion[] {
  if (days < MIN_DAYS) return []
  const between = (from: number, to: number): { fromDay: number; toDay: number } => ({
    fromDay: Math.floor(from * days),
    toDay: Math.ceil(to * days),
  })
  const lift = {
    'window-shoppers': 0.04,
    'bargain-hunters': 0.25,
    'loyal-buyers': 0.1,
    'big-spenders': 0.02,
    'lapsing-customers': 0.08,
  }
  const none = Object.fromEntries(PERSONAS.map(({ name }) => [name, 0]))
  return [
    { name: 'twenty-percent-days', ...between(0.3, 0.4), coupon: { code: 'TWENTY', discount: 0.2 }, lift },
    { name: 'new-banner', ...between(0.55, 0.65), lift: none },
    { name: 'last-chance-days', ...between(0.8, 0.9), coupon: { code: 'LAST15', discount: 0.15 }, lift },
  ]
}

export function campaignsOf(days: number): readonly Campaign[] {
  const count = Math.max(0, Math.ceil((days - NEWSLETTER_FIRST_DAY) / NEWSLETTER_EVERY_DAYS))
  return Array.from({ length: count }, (_, i) => ({
    name: `newsletter-${i + 1}`,
    day: NEWSLETTER_FIRST_DAY + i * NEWSLETTER_EVERY_DAYS,
  }))
}

/** Drawn by the name of the promotion, so that arms of different promotions have nothing to do with each other. */
export function isExposed(seed: number, promotion: Promotion, userId: string): boolean {
  return hash32(`${promotion.name}/${userId}`, seed) / 2 ** 32 < EXPOSED_SHARE
}
