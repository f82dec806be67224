import { timeReader } from '../../domain/events/time-format.ts'
import { textsOf, type Column } from './columns.ts'

/** How the times of a column are written. */
export interface TimeGuess {
  /** As a mapping writes them, the commonest first. */
  readonly formats: readonly string[]
  /** Share of the values that these formats read. */
  readonly share: number
  /** They say no offset: a zone is to be known. */
  readonly local: boolean
  /** Why the day stands where it does, or that nothing says it. */
  readonly order: { readonly known: boolean; readonly why: string } | undefined
}

const MOST_FORMATS = 3
const FEWEST = 0.5

const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?\s?(Z|[+-]\d\d(:?\d\d)?)?$/
const DATE = String.raw`(\d{4})(?<y>[-/.]?)(\d\d?)\k<y>(\d\d?)|(\d\d?)(?<d>[-/.])(\d\d?)\k<d>(\d{4}|\d\d)|(\d\d?)(?<m>[- ])([A-Z][a-z]{2})\k<m>(\d{4}|\d\d)`
const CLOCK = String.raw`(\d\d?)([:h])(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:(\s?)([AaPp]\.?[Mm]\.?))?`
const WRITTEN = new RegExp(
  `^(?:${DATE})(?:(T|,? | à | um )${CLOCK})?(\\s?(?:UTC|GMT|Uhr|Z)|\\s?[+-]\\d\\d:?\\d\\d)?$`,
)

/** What one text is made of. `day` is undefined where nothing but its numbers tells day and month apart. */
interface Written {
  readonly parts: 'ymd' | 'numbers' | 'named'
  readonly separator: string
  readonly first: string
  readonly second: string
  /** Its digits. */
  readonly year: string
  readonly clock: string
  readonly hour: string
}

/** How the times of a column are written; undefined where fewer than half of its values are times. */
export function guessTime(column: Column, dayFirst: boolean | undefined): TimeGuess | undefined {
  const texts = textsOf(column)
  if (texts.length === 0) return undefined
  return epochs(texts) ?? isoTimes(texts) ?? written(texts, dayFirst)
}

const share = (texts: readonly string[], formats: readonly string[]): number => {
  const readers = formats.map((format) => timeReader(format))
  return texts.filter((text) => readers.some((read) => read?.(text) !== undefined)).length / texts.length
}

/** Since 2000, before 2100. */
const SECONDS = [946_684_800, 4_102_444_800] as const
const EPOCHS = [
  ['epoch-s', 1],
  ['epoch-ms', 1e3],
  ['epoch-us', 1e6],
  ['epoch-ns', 1e9],
] as const

function epochs(texts: readonly string[]): TimeGuess | undefined {
  for (const [format, unit] of EPOCHS) {
    const inside = (text: string): boolean =>
      /^\d{9,19}(\.\d{1,9})?$/.test(text) &&
      Number(text) >= SECONDS[0] * unit &&
      Number(text) < SECONDS[1] * unit
    const fits = texts.filter(inside).length / texts.length
    if (fits >= FEWEST) return { formats: [format], share: fits, local: false, order: undefined }
  }
  return undefined
}

function isoTimes(texts: readonly string[]): TimeGuess | undefined {
  const found = texts.map((text) => ISO.exec(text))
  const fits = found.filter((m) => m !== null).length / texts.length
  if (fits < FEWEST) return undefined
  const local = found.some((m) => m !== null && m[3] === undefined)
  return { formats: ['iso'], share: share(texts, ['iso']), local, order: undefined }
}

function written(texts: readonly string[], dayFirst: boolean | undefined): TimeGuess | undefined {
  const all = texts.flatMap((text) => takeApart(text) ?? [])
  if (all.length / texts.length < FEWEST) return undefined
  const order = all.some(({ parts }) => parts === 'numbers') ? orderOf(texts, all, dayFirst) : undefined
  const counts = new Map<string, number>()
  const short = {
    first: all.some((w) => w.first.length === 1),
    second: all.some((w) => w.second.length === 1),
    hour: all.some((w) => w.hour.length === 1),
  }
  for (const one of all) {
    const pattern = patternOf(one, short, order?.dayFirst ?? true)
    counts.set(pattern, (counts.get(pattern) ?? 0) + 1)
  }
  const formats = [...counts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, MOST_FORMATS)
    .map(([pattern]) => pattern)
  const local = all.some(({ clock }) => !/x|'(UTC|GMT|Z)'/.test(clock))
  return {
    formats,
    share: share(texts, formats),
    local,
    order: order && { known: order.known, why: order.why },
  }
}

function takeApart(text: string): Written | undefined {
  const m = WRITTEN.exec(text)
  if (m === null) return undefined
  const [
    ,
    y,
    ,
    yMonth,
    yDay,
    a,
    ,
    b,
    ab,
    nDay,
    ,
    name,
    nYear,
    gap,
    hour = '',
    colon,
    minute,
    second,
    fraction,
    blank,
    half,
    zone = '',
  ] = m
  const { y: ySep, d: dSep, m: mSep } = m.groups ?? {}
  const zonePattern = /[+-]\d/.test(zone)
    ? zone.replace(/[+-].*/, 'xxx')
    : zone.replace(/[A-Za-z]+/, (word) => `'${word}'`)
  const hours = half === undefined ? 'H' : 'h'
  const clock =
    gap === undefined
      ? zonePattern
      : `${gap === 'T' ? "'T'" : gap.replace(/à|um/, (word) => `'${word}'`)}${hours}${colon === 'h' ? "'h'" : ':'}` +
        `${minute === undefined ? '' : 'mm'}${second === undefined ? '' : ':ss'}` +
        `${fraction === undefined ? '' : `.${'S'.repeat(fraction.length)}`}${half === undefined ? '' : `${blank}a`}${zonePattern}`
  if (y !== undefined)
    return {
      parts: 'ymd',
      separator: ySep ?? '',
      first: yMonth ?? '',
      second: yDay ?? '',
      year: y,
      clock,
      hour,
    }
  if (name !== undefined)
    return {
      parts: 'named',
      separator: mSep ?? '',
      first: nDay ?? '',
      second: name,
      year: nYear ?? '',
      clock,
      hour,
    }
  return {
    parts: 'numbers',
    separator: dSep ?? '',
    first: a ?? '',
    second: b ?? '',
    year: ab ?? '',
    clock,
    hour,
  }
}

function patternOf(
  w: Written,
  short: { first: boolean; second: boolean; hour: boolean },
  dayFirst: boolean,
): string {
  const s = w.separator
  const year = 'y'.repeat(w.year.length)
  const two = (letter: string, isShort: boolean): string => (isShort ? letter : letter + letter)
  const clock = short.hour
    ? w.clock
    : w.clock.replace(/(?<![a-zA-Z'])[Hh](?=:|')|(?<=')[Hh](?=:|')/, (h) => h + h)
  if (w.parts === 'ymd') return `${year}${s}${two('M', short.first)}${s}${two('d', short.second)}${clock}`
  if (w.parts === 'named') return `${two('d', short.first)}${s}MMM${s}${year}${clock}`
  const [first, second] = dayFirst ? ['d', 'M'] : ['M', 'd']
  return `${two(first, short.first)}${s}${two(second, short.second)}${s}${year}${clock}`
}

interface Order {
  readonly dayFirst: boolean
  readonly known: boolean
  readonly why: string
}

/** Does the day come first? By a number above 12, by the order of the records, by the language; else it is asked. */
function orderOf(texts: readonly string[], all: readonly Written[], dayFirst: boolean | undefined): Order {
  const numbers = all.filter(({ parts }) => parts === 'numbers')
  const above = (part: 'first' | 'second'): number => numbers.filter((w) => Number(w[part]) > 12).length
  const [first, second] = [above('first'), above('second')]
  if (first > 0 && second === 0)
    return {
      dayFirst: true,
      known: true,
      why: `${first} of ${texts.length} have a first number above 12: it is the day`,
    }
  if (second > 0 && first === 0)
    return {
      dayFirst: false,
      known: true,
      why: `${second} of ${texts.length} have a second number above 12: it is the day`,
    }
  const [asDay, asMonth] = [true, false].map((day) => steps(numbers, day)) as [Steps, Steps]
  if (asDay.back === 0 && asMonth.back > 0)
    return {
      dayFirst: true,
      known: true,
      why: 'read with the day first, the records are in the order of time',
    }
  if (asMonth.back === 0 && asDay.back > 0)
    return {
      dayFirst: false,
      known: true,
      why: 'read with the month first, the records are in the order of time',
    }
  if (dayFirst !== undefined)
    return {
      dayFirst,
      known: true,
      why: 'the names of the columns are of a language that writes it so; no number is above 12',
    }
  return {
    dayFirst: true,
    known: false,
    why: 'day first or month first? Nothing in the data says it: no number is above 12',
  }
}

interface Steps {
  /** How often a record is earlier than the one before. */
  readonly back: number
}

function steps(numbers: readonly Written[], dayFirst: boolean): Steps {
  let back = 0
  let before = Number.NEGATIVE_INFINITY
  for (const { first, second, year } of numbers) {
    const [month, day] = dayFirst ? [second, first] : [first, second]
    const at = (Number(year) * 100 + Number(month)) * 100 + Number(day)
    if (at < before) back++
    before = at
  }
  return { back }
}
