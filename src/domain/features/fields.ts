import type { Event } from '../events/event.ts'
import type { Calendar } from './calendar.ts'

/** Fields of an event that hold one text and are read as they are. */
export const TEXT_FIELDS = [
  'product',
  'brand',
  'session',
  'category',
  'currency',
  'coupon',
  'channel',
  'country',
  'promotion',
  'campaign',
] as const
export type TextField = (typeof TEXT_FIELDS)[number]

export function isTextField(name: string): name is TextField {
  return (TEXT_FIELDS as readonly string[]).includes(name)
}

/** Fields that are read off the shop's clock at the time of the event. */
export const CLOCK_FIELDS = ['hourOfDay', 'weekday', 'season'] as const
export type ClockField = (typeof CLOCK_FIELDS)[number]

export function isClockField(name: string): name is ClockField {
  return (CLOCK_FIELDS as readonly string[]).includes(name)
}

export function clockNumber(field: ClockField, local: Calendar): number {
  if (field === 'hourOfDay') return local.hour
  return field === 'weekday' ? local.weekday : local.season
}

/** Texts of the lines of an order: an event has as many of them as lines. */
export const LINE_FIELDS = ['lines.product', 'lines.category'] as const
export type LineField = (typeof LINE_FIELDS)[number]

export function isLineField(name: string): name is LineField {
  return (LINE_FIELDS as readonly string[]).includes(name)
}

/** `size` of `attributes.size`; undefined for a field of another form. */
export function attributeOf(field: string): string | undefined {
  return /^attributes\.([^.]+)$/.exec(field)?.[1]
}

/** A field by name, with one place in the code for each, so that every read is of one known member. */
export function textOf(field: TextField, e: Event): string | undefined {
  if (field === 'category') return e.category
  if (field === 'product') return e.product
  if (field === 'brand') return e.brand
  if (field === 'session') return e.session
  if (field === 'channel') return e.channel
  if (field === 'country') return e.country
  if (field === 'currency') return e.currency
  if (field === 'coupon') return e.coupon
  return field === 'promotion' ? e.promotion : e.campaign
}

/** First token of a category path ends here. */
export function firstTokenEnd(category: string): number {
  const dot = category.indexOf('.')
  return dot < 0 ? category.length : dot
}
