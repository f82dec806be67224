/** What an event of one kind is, and what it cannot do without. */
interface KindSpec {
  readonly about: string
  /** Members of the event, each of which must be there. */
  readonly requires: readonly KindMember[]
  /** Members of which at least one must be there. */
  readonly requiresOneOf?: readonly KindMember[]
  /** It was done to the user, not by him. */
  readonly passive?: true
}

/** Members that some kind requires. */
export type KindMember = 'product' | 'orderId' | 'amountMinor' | 'lines' | 'promotion' | 'campaign'

/**
 * The catalogue: the e-commerce vocabulary people already send (the Segment and RudderStack specs), in snake case. A new kind
 * stands at the end: profiles count kinds by their place.
 */
export const CATALOGUE = {
  page_viewed: { about: 'A page or screen was shown.', requires: [] },
  product_viewed: { about: 'A product was looked at.', requires: ['product'] },
  product_added: { about: 'A product was put into the cart.', requires: ['product'] },
  product_removed: { about: 'A product was taken out of the cart.', requires: ['product'] },
  order_completed: {
    about: 'An order was placed: its total, and its lines where they are known.',
    requires: ['orderId', 'amountMinor'],
  },
  products_searched: { about: 'Products were searched for.', requires: [] },
  checkout_started: { about: 'The checkout was entered.', requires: [] },
  order_cancelled: { about: 'The order `orderId` will not happen at all.', requires: ['orderId'] },
  order_refunded: {
    about:
      'Money or goods went back: `lines` of an order, else `amountMinor` of it, else the whole of it. Without an `orderId` it ' +
      'counts as a refund and reverses nothing.',
    requires: [],
    requiresOneOf: ['orderId', 'amountMinor', 'lines'],
  },
  promotion_viewed: { about: 'A promotion was shown.', requires: ['promotion'] },
  promotion_clicked: { about: 'A promotion was followed.', requires: ['promotion'] },
  campaign_exposed: {
    about: 'A campaign reached the user: a mail, a push, an advert.',
    requires: ['campaign'],
    passive: true,
  },
  user_erased: { about: 'Everything about the user must be forgotten.', requires: [], passive: true },
} as const satisfies Readonly<Record<string, KindSpec>>

export type EventKind = keyof typeof CATALOGUE

export const EVENT_KINDS = Object.keys(CATALOGUE) as [EventKind, ...EventKind[]]

/** The catalogue's row of a kind. */
export const kindSpec = (kind: EventKind): KindSpec => CATALOGUE[kind]

/** Is an event of this kind behaviour, which alone is evidence of who he is? */
export const isBehaviour = (kind: EventKind): boolean => kindSpec(kind).passive !== true

/** What is missing from an event of this kind, as a refusal names it; undefined where nothing is. */
export function lacking(kind: EventKind, has: { readonly [M in KindMember]?: unknown }): string | undefined {
  const { requires, requiresOneOf } = kindSpec(kind)
  for (let i = 0; i < requires.length; i++) {
    const member = requires[i] as KindMember
    if (has[member] === undefined) return `${member}: is missing, ${kind} requires it`
  }
  if (requiresOneOf === undefined || requiresOneOf.some((member) => has[member] !== undefined))
    return undefined
  return `${requiresOneOf.join(', ')}: are all missing, ${kind} requires one of them`
}
