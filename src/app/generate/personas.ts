import type { Department } from './catalog.ts'

/** How one kind of customer behaves. Rates are means; each user varies around them. */
export interface Persona {
  readonly name: string
  /** Share of all users, 0–1; the shares add up to 1. */
  readonly share: number
  /** Days from one visit to the next. */
  readonly visitEveryDays: number
  /** Probability that a visit due on a weekday is put off to Saturday or Sunday. */
  readonly weekend: number
  readonly viewsPerSession: number
  /** Probability that a viewed product goes into the cart. */
  readonly cartPerView: number
  /** Probability that a product in the cart is taken out again. */
  readonly removePerCart: number
  /** Probability that a session with a filled cart ends in an order. */
  readonly orderPerCart: number
  /** Where on the shelf they look: 0 cheapest, 1 dearest. */
  readonly priceLevel: number
  /** Departments they prefer, most wanted first. */
  readonly departments: readonly Department[]
  /** Middle of their day, hour 0–24 UTC, and its spread in hours. */
  readonly hour: number
  readonly hourSpread: number
  /** Stops for good on a planted day. */
  readonly lapses: boolean
}

/** The planted kinds of customers. They differ in what the first feature set measures: activity, carts, spend, recency. */
export const PERSONAS: readonly Persona[] = [
  {
    name: 'window-shoppers',
    share: 0.36,
    visitEveryDays: 7,
    weekend: 0.15,
    viewsPerSession: 4,
    cartPerView: 0.01,
    removePerCart: 0.5,
    orderPerCart: 0.1,
    priceLevel: 0.55,
    departments: ['electronics', 'fashion'],
    hour: 21,
    hourSpread: 1.8,
    lapses: false,
  },
  {
    name: 'bargain-hunters',
    share: 0.26,
    visitEveryDays: 11,
    weekend: 0.5,
    viewsPerSession: 2.5,
    cartPerView: 0.22,
    removePerCart: 0.3,
    orderPerCart: 0.6,
    priceLevel: 0.1,
    departments: ['books', 'garden'],
    hour: 13,
    hourSpread: 3,
    lapses: false,
  },
  {
    name: 'loyal-buyers',
    share: 0.18,
    visitEveryDays: 7,
    weekend: 0.1,
    viewsPerSession: 2.2,
    cartPerView: 0.5,
    removePerCart: 0.08,
    orderPerCart: 0.85,
    priceLevel: 0.35,
    departments: ['kids', 'toys'],
    hour: 18,
    hourSpread: 2.5,
    lapses: false,
  },
  {
    name: 'big-spenders',
    share: 0.08,
    visitEveryDays: 7,
    weekend: 0,
    viewsPerSession: 3.5,
    cartPerView: 0.4,
    removePerCart: 0.12,
    orderPerCart: 0.85,
    priceLevel: 0.85,
    departments: ['electronics', 'sport'],
    hour: 12,
    hourSpread: 2,
    lapses: false,
  },
  {
    name: 'lapsing-customers',
    share: 0.12,
    visitEveryDays: 8,
    weekend: 0.2,
    viewsPerSession: 2.5,
    cartPerView: 0.4,
    removePerCart: 0.1,
    orderPerCart: 0.8,
    priceLevel: 0.35,
    departments: ['fashion', 'sport'],
    hour: 19,
    hourSpread: 3,
    lapses: true,
  },
]

/** Share of the users that are customers from the first day on; the others join evenly over the days. */
export const FOUNDING_SHARE = 0.65

/** A lapse falls on a day in this part of the whole range, and not before `LAPSE_AFTER_DAYS` days as a customer. */
export const LAPSE_RANGE: readonly [from: number, to: number] = [0.2, 0.9]
export const LAPSE_AFTER_DAYS = 21
