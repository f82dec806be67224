import type { Department } from './catalog.ts'

/** A busy time of the day: its middle, hour 0–24 UTC, and its spread (standard deviation) in hours. */
export interface Peak {
  readonly share: number
  readonly hour: number
  readonly spread: number
}

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
  /** When in the day they come; the shares add up to 1. */
  readonly hours: readonly Peak[]
  /** Share of them that stops for good on a planted day, 0–1. */
  readonly lapses: number
}

/** Those who stop. */
export const LAPSED = 'lapsing-customers'

/** Customers of every kind are lost. */
const LAPSE_SHARE = 0.05

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
    hours: [
      { share: 0.75, hour: 21, spread: 1.8 },
      { share: 0.25, hour: 12.5, spread: 1 },
    ],
    lapses: LAPSE_SHARE,
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
    hours: [
      { share: 0.6, hour: 13, spread: 2 },
      { share: 0.4, hour: 20, spread: 2 },
    ],
    lapses: LAPSE_SHARE,
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
    hours: [
      { share: 0.7, hour: 18.5, spread: 2 },
      { share: 0.3, hour: 9, spread: 1.5 },
    ],
    lapses: LAPSE_SHARE,
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
    hours: [
      { share: 0.8, hour: 12, spread: 1.5 },
      { share: 0.2, hour: 21, spread: 1.5 },
    ],
    lapses: LAPSE_SHARE,
  },
  {
    name: LAPSED,
    share: 0.12,
    visitEveryDays: 8,
    weekend: 0.2,
    viewsPerSession: 2.5,
    cartPerView: 0.4,
    removePerCart: 0.1,
    orderPerCart: 0.8,
    priceLevel: 0.35,
    departments: ['fashion', 'sport'],
    hours: [{ share: 1, hour: 19, spread: 3 }],
    lapses: 1,
  },
]

/** Share of the users that are customers from the first day on; the others join evenly over the days. */
export const FOUNDING_SHARE = 0.65

/** A lapse falls on a day in this part of the whole range, and not before `LAPSE_AFTER_DAYS` days as a customer. */
export const LAPSE_RANGE: readonly [from: number, to: number] = [0.2, 0.9]
export const LAPSE_AFTER_DAYS = 21
