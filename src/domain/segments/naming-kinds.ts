import type { Role } from './naming-roles.ts'

/** A text in the languages that names are made in. */
export interface Words {
  readonly en: string
  readonly fr: string
}

/** A segment as names see it. */
export interface Portrait {
  /** Mean of the standardised features of a role: standard deviations from everybody; 0 where none is measured. */
  readonly z: (role: Role) => number
  /** How many times everybody's mean value; 1 where none is measured. */
  readonly times: (role: Role) => number
  readonly measures: (role: Role) => boolean
  /** Mean orders of a user; Infinity where they are not counted. */
  readonly orders: number
  /** They have bought something within memory. */
  readonly bought: boolean
  /** Standard deviations by which they were seen longer ago than everybody; 0 where it is not measured. */
  readonly away: number
  /** Mean days since then; 0 where it is not measured. */
  readonly daysAway: number
  /** Longer than others, and for more than days. */
  readonly lost: boolean
}

/** A kind of customers that marketing has a word for. */
export interface Kind {
  readonly name: Words
  /** How their sentence begins. */
  readonly lead: Words
  /** What it tells of them first. */
  readonly tells: readonly Role[]
  /** How well it fits, above 0; 0 or less: not at all. */
  readonly fits: (p: Portrait) => number
}

/** Days after which one may begin to ask where somebody is. */
const DAYS_SLIPPING = 14
/** Standard deviations from which a mean is plainly high or low. */
const PLAIN = 0.3
/** Of everybody's orders: below it, or below one order for so many users, a segment does not buy. */
const HARDLY = 0.25
const HARDLY_ORDERS = 0.1
/** Orders that nobody makes who does not come back. */
const AGAIN_ORDERS = 2

const buying = (p: Portrait): number => {
  const measured = (['orders', 'spend'] as const).filter(p.measures)
  return measured.reduce((sum, role) => sum + p.z(role), 0) / Math.max(1, measured.length)
}
const knowsOrders = (p: Portrait): boolean => p.measures('orders') || p.measures('spend')
const hardlyBuys = (p: Portrait): boolean =>
  p.orders < HARDLY_ORDERS || p.times(p.measures('orders') ? 'orders' : 'spend') < HARDLY
const buys = (p: Portrait): boolean => knowsOrders(p) && p.bought && !hardlyBuys(p) && !p.lost
const looks = (p: Portrait): boolean => knowsOrders(p) && p.measures('visits') && hardlyBuys(p) && !p.lost
const given = (condition: boolean, strength: number): number => (condition ? strength : 0)

/** From the most telling on; where two fit alike, the first. */
export const KINDS: readonly Kind[] = [
  {
    name: { en: 'Best customers', fr: 'Meilleurs clients' },
    lead: { en: 'Few, and far ahead of all others', fr: 'Peu nombreux, loin devant tous les autres' },
    tells: ['spend', 'orders', 'lastOrder'],
    fits: (p) => given(buys(p) && buying(p) > 2.5 && p.orders >= AGAIN_ORDERS, 1 + buying(p)),
  },
  {
    name: { en: 'Big spenders', fr: 'Gros acheteurs' },
    lead: { en: 'Spend a lot at a time', fr: 'Dépensent beaucoup à la fois' },
    tells: ['basket', 'spend', 'orders'],
    fits: (p) =>
      given(
        buys(p) && buying(p) > PLAIN && p.times('basket') > 1.5,
        buying(p) + Math.log2(p.times('basket')),
      ),
  },
  {
    name: { en: 'Loyal buyers', fr: 'Acheteurs fidèles' },
    lead: { en: 'Come back and buy again', fr: 'Reviennent et rachètent' },
    tells: ['orders', 'spend', 'lastOrder'],
    fits: (p) =>
      given(
        buys(p) && buying(p) > PLAIN && p.times('orders') > 1 && p.orders >= AGAIN_ORDERS,
        0.5 + buying(p),
      ),
  },
  {
    name: { en: 'Buyers', fr: 'Acheteurs' },
    lead: { en: 'Buy more than most', fr: 'Achètent plus que la plupart' },
    tells: ['orders', 'spend', 'carts'],
    fits: (p) => given(buys(p) && buying(p) > PLAIN && p.times('orders') > 1, 0.4 + (2 / 3) * buying(p)),
  },
  {
    name: { en: 'Bargain hunters', fr: 'Chasseurs de bonnes affaires' },
    lead: { en: 'Buy for little at a time', fr: 'Achètent pour peu à la fois' },
    tells: ['basket', 'orders', 'visits'],
    fits: (p) =>
      given(buys(p) && p.times('basket') < 0.4, 0.5 - Math.log2(Math.max(p.times('basket'), 0.1)) / 3),
  },
  {
    name: { en: 'Cart abandoners', fr: 'Paniers abandonnés' },
    lead: { en: 'Fill carts and leave them', fr: 'Remplissent des paniers et les laissent' },
    tells: ['carts', 'orders', 'visits'],
    fits: (p) => given(looks(p) && p.z('carts') > PLAIN, 0.5 + p.z('carts')),
  },
  {
    name: { en: 'Window shoppers', fr: 'Flâneurs' },
    lead: { en: 'Look and hardly ever buy', fr: 'Regardent et n’achètent presque jamais' },
    tells: ['visits', 'orders', 'breadth'],
    fits: (p) => given(looks(p) && p.z('visits') > -PLAIN, 0.7 + p.z('visits') - buying(p) / 2),
  },
  {
    name: { en: 'Passers-by', fr: 'Visiteurs de passage' },
    lead: { en: 'Look in briefly and do not buy', fr: 'Passent rapidement, sans acheter' },
    tells: ['visits', 'orders', 'breadth'],
    fits: (p) => given(looks(p) && p.z('visits') < 0, 0.6 - p.z('visits')),
  },
  {
    name: { en: 'Lapsed customers', fr: 'Clients perdus de vue' },
    lead: {
      en: 'Used to buy and have not been seen for long',
      fr: 'Ont acheté et n’ont pas été vus depuis longtemps',
    },
    tells: ['lastVisit', 'lastOrder', 'spend', 'orders'],
    fits: (p) => given(p.lost && p.bought, 1 + p.away),
  },
  {
    name: { en: 'Lapsed visitors', fr: 'Visiteurs perdus de vue' },
    lead: { en: 'Only looked, and that long ago', fr: 'N’ont fait que regarder, il y a longtemps' },
    tells: ['lastVisit', 'visits'],
    fits: (p) => given(p.lost && !p.bought, 1 + p.away),
  },
  {
    name: { en: 'Slipping away', fr: 'Sur le départ' },
    lead: { en: 'Have bought, but not lately', fr: 'Ont acheté, mais pas récemment' },
    tells: ['lastVisit', 'lastOrder', 'orders', 'spend'],
    fits: (p) =>
      given(
        p.bought && buying(p) < PLAIN && p.away > 0 && p.z('lastOrder') >= 0 && p.daysAway >= DAYS_SLIPPING,
        0.5 + p.away,
      ),
  },
  {
    name: { en: 'Newcomers', fr: 'Nouveaux venus' },
    lead: { en: 'Came only lately', fr: 'Arrivés récemment' },
    tells: ['tenure', 'visits', 'orders'],
    fits: (p) => given(p.z('tenure') < -2 * PLAIN, -p.z('tenure')),
  },
  {
    name: { en: 'Occasional buyers', fr: 'Acheteurs occasionnels' },
    lead: { en: 'Buy now and then', fr: 'Achètent de temps en temps' },
    tells: ['orders', 'spend', 'visits'],
    fits: (p) => given(buys(p) && buying(p) < 0 && p.times('orders') < 0.6, 0.4 - buying(p) / 2),
  },
  {
    name: { en: 'Regular customers', fr: 'Habitués' },
    lead: { en: 'Buy like most', fr: 'Achètent comme la plupart' },
    tells: ['orders', 'spend', 'lastOrder'],
    fits: (p) =>
      given(
        buys(p) && buying(p) >= -2 * PLAIN && (buying(p) <= 2 * PLAIN || p.times('orders') <= 1),
        0.7 - Math.abs(buying(p)) / 2,
      ),
  },
]

/** Where no kind fits. */
export const CUSTOMERS: Kind = {
  name: { en: 'Customers', fr: 'Clients' },
  lead: { en: 'Set apart by', fr: 'Se distinguent par' },
  tells: [],
  fits: () => 0.01,
}

/** What tells two segments of one kind apart: with much, and with little, of a role. */
export const ROLE_WORDS: Readonly<Record<Role, { readonly much: Words; readonly little: Words }>> = {
  visits: {
    much: { en: 'more active', fr: 'plus actifs' },
    little: { en: 'less active', fr: 'moins actifs' },
  },
  carts: {
    much: { en: 'more carts', fr: 'plus de paniers' },
    little: { en: 'fewer carts', fr: 'moins de paniers' },
  },
  orders: {
    much: { en: 'more orders', fr: 'plus de commandes' },
    little: { en: 'fewer orders', fr: 'moins de commandes' },
  },
  spend: {
    much: { en: 'higher spend', fr: 'plus dépensiers' },
    little: { en: 'lower spend', fr: 'moins dépensiers' },
  },
  basket: {
    much: { en: 'larger orders', fr: 'plus gros paniers' },
    little: { en: 'smaller orders', fr: 'plus petits paniers' },
  },
  lastVisit: {
    much: { en: 'less recent', fr: 'absents plus longtemps' },
    little: { en: 'more recent', fr: 'vus plus récemment' },
  },
  lastOrder: {
    much: { en: 'older orders', fr: 'commandes plus anciennes' },
    little: { en: 'newer orders', fr: 'commandes plus récentes' },
  },
  tenure: {
    much: { en: 'longer known', fr: 'plus anciens' },
    little: { en: 'newer', fr: 'plus récents' },
  },
  breadth: {
    much: { en: 'more categories', fr: 'plus de rayons' },
    little: { en: 'fewer categories', fr: 'moins de rayons' },
  },
}
