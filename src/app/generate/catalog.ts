import type { Random } from '../../domain/base/random.ts'

/** What a shop sells: a leaf category with its price range. */
export interface Shelf {
  /** Dotted path, broadest first. */
  readonly category: string
  readonly products: number
  /** Price of the cheapest and of the dearest product, minor units. */
  readonly fromMinor: number
  readonly toMinor: number
}

export const DEPARTMENTS = ['electronics', 'toys', 'books', 'garden', 'fashion', 'kids', 'sport'] as const
export type Department = (typeof DEPARTMENTS)[number]

const shelf = (category: string, products: number, from: number, to: number): Shelf => ({
  category,
  products,
  fromMinor: from * 100 - 1,
  toMinor: to * 100 - 1,
})

export const SHELVES: Readonly<Record<Department, readonly Shelf[]>> = {
  electronics: [
    shelf('electronics.audio.headphone', 60, 20, 250),
    shelf('electronics.phone.smartphone', 80, 120, 900),
    shelf('electronics.computer.notebook', 50, 300, 1500),
    shelf('electronics.accessory.cable', 120, 5, 30),
  ],
  toys: [
    shelf('toys.board-game', 90, 12, 60),
    shelf('toys.construction', 110, 10, 120),
    shelf('toys.puzzle', 70, 6, 30),
  ],
  books: [
    shelf('books.fiction', 300, 5, 25),
    shelf('books.comic', 150, 6, 30),
    shelf('books.cooking', 80, 10, 40),
  ],
  garden: [
    shelf('garden.plant', 120, 4, 40),
    shelf('garden.tool', 90, 10, 180),
    shelf('garden.furniture', 60, 60, 700),
  ],
  fashion: [
    shelf('fashion.women.dress', 140, 20, 160),
    shelf('fashion.men.shirt', 120, 15, 90),
    shelf('fashion.shoe.trainer', 130, 30, 180),
  ],
  kids: [
    shelf('kids.clothing', 160, 6, 50),
    shelf('kids.care', 90, 4, 30),
    shelf('kids.pushchair', 30, 120, 600),
  ],
  sport: [
    shelf('sport.running', 110, 15, 150),
    shelf('sport.cycling', 100, 10, 400),
    shelf('sport.fitness', 80, 10, 250),
  ],
}

/** How much a department is wanted in each month, January first; the mean of a year is near 1. */
export const SEASONS: Readonly<Record<Department, readonly number[]>> = {
  electronics: [0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 1, 1, 1.5, 1.4],
  toys: [0.7, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.9, 1.2, 1.8, 2.2],
  books: [1.1, 1.1, 1, 0.9, 0.8, 0.9, 1.1, 1, 0.9, 1, 1.1, 1.3],
  garden: [0.3, 0.5, 1.3, 1.9, 2, 1.6, 1.2, 1, 0.9, 0.7, 0.4, 0.3],
  fashion: [1.3, 0.8, 1, 1.1, 1, 1, 1.2, 0.8, 1.1, 1, 0.9, 0.8],
  kids: [1, 1, 1, 1, 1, 0.9, 0.8, 1.2, 1.2, 1, 1, 0.9],
  sport: [1.5, 1.1, 1, 1, 1, 1, 0.9, 0.8, 1.1, 0.9, 0.8, 0.9],
}

/** Probability that a line of an order goes back. */
export const RETURNS: Readonly<Record<Department, number>> = {
  electronics: 0.08,
  toys: 0.03,
  books: 0.02,
  garden: 0.04,
  fashion: 0.25,
  kids: 0.08,
  sport: 0.1,
}

export interface Item {
  readonly product: string
  readonly category: string
  readonly priceMinor: number
}

/** Products of a shelf stand in order of price; the price grows with the square of the place, so that most are cheap. */
export function itemAt(s: Shelf, place: number): Item {
  const share = s.products === 1 ? 0 : place / (s.products - 1)
  const euros = Math.round((s.fromMinor + (s.toMinor - s.fromMinor) * share * share) / 100)
  return { product: `${s.category}-${place + 1}`, category: s.category, priceMinor: euros * 100 - 1 }
}

/** The department of a product's category. */
export const departmentOf = (category: string): Department => category.split('.')[0] as Department

/**
 * Picks a product: the department's shelf uniformly, the place on it around `level` (0 cheapest, 1 dearest).
 */
export function pickItem(random: Random, department: Department, level: number): Item {
  const shelves = SHELVES[department]
  const s = shelves[random.below(shelves.length)] as Shelf
  const at = Math.min(0.999, Math.max(0, level + 0.15 * random.normal()))
  return itemAt(s, Math.floor(at * s.products))
}
