import type { Feature } from '../features/feature-set.ts'
import { formatNumber, formatShare, type Locale } from './format.ts'
import type { Kind } from './naming-kinds.ts'
import { likingOf, roleOf } from './naming-roles.ts'
import { compilePhrase, reasonLabel } from './phrase.ts'
import { portraitOf, type SegmentProfiles } from './portrait.ts'

/** Facts in a description. */
const FACTS = 3
/** Standard deviations from everybody from which a fact is worth a place. */
const TELLING = 0.25
/** A liking is told from so many standard deviations on, where it makes at least this share. */
const LIKES = 0.6
const LIKES_SHARE = 0.25

/**
 * Who is in segment k, in one sentence: what kind they are, the facts that make them so and those that set them most apart, each
 * with everybody's mean, and what they like most.
 */
export function describeSegment(p: SegmentProfiles, k: number, kind: Kind, locale: Locale): string {
  const facts = factsOf(p, k, kind).map((j) => factText(p, k, j, locale))
  const likings = likingsOf(p, k, locale)
  const colon = locale === 'fr' ? '\u00A0: ' : ': '
  const told = facts.length === 0 ? '' : `${colon}${facts.join(', ')}`
  const semicolon = locale === 'fr' ? '\u00A0; ' : '; '
  return `${kind.lead[locale]}${told}${likings.length === 0 ? '' : `${semicolon}${likings.join(', ')}`}.`
}

function factsOf(p: SegmentProfiles, k: number, kind: Kind): number[] {
  const z = (j: number): number => p.standardised[k]?.[j] ?? 0
  const { bought } = portraitOf(p, k)
  const ranked = p.columns
    .map((f, j) => ({ f, j, role: roleOf(f) }))
    // who never ordered has no last order
    .filter(({ f, role }) => likingOf(f) === undefined && (bought || role !== 'lastOrder'))
    .sort((a, b) => Math.abs(z(b.j)) - Math.abs(z(a.j)) || a.j - b.j)
  const plainly = ranked.filter(({ f }) => !('aggregate' in f && f.aggregate.startsWith('decayed')))
  const told = kind.tells.flatMap((role) => plainly.filter((r) => r.role === role).slice(0, 1))
  const said = new Set<string>()
  return [...told, ...ranked.filter(({ j }) => Math.abs(z(j)) >= TELLING)]
    .filter(({ role, j }) => {
      // once each role, and once what two features say of everybody alike
      const says = [role ?? `feature ${j}`, `${p.raw[k]?.[j]} of ${p.everybody[j]}`]
      if (says.some((s) => said.has(s))) return false
      for (const s of says) said.add(s)
      return true
    })
    .slice(0, FACTS)
    .map(({ j }) => j)
}

function factText(p: SegmentProfiles, k: number, j: number, locale: Locale): string {
  const text = compilePhrase(p.columns[j] as Feature, locale)(rounded(p.raw[k]?.[j] ?? Number.NaN), null)
  const average = formatNumber(rounded(p.everybody[j] as number), locale)
  return `${text} (${locale === 'fr' ? 'moyenne' : 'average'} ${average})`
}

/** To what a sentence needs: whole from 10 on, one decimal from 1 on, two below. */
function rounded(x: number): number {
  const unit = Math.abs(x) >= 10 ? 1 : Math.abs(x) >= 1 ? 10 : 100
  return Math.round(x * unit) / unit
}

function often(share: number, locale: Locale): string {
  const [mostly, some] = locale === 'fr' ? ['surtout', 'souvent'] : ['mostly', 'often']
  return share >= 0.5 ? mostly : some
}

/** What they like, with its share, most first. */
function likingsOf(p: SegmentProfiles, k: number, locale: Locale): string[] {
  const { lost } = portraitOf(p, k)
  return p.columns
    .map((f, j) => ({ liking: likingOf(f), z: p.standardised[k]?.[j] ?? 0, share: p.raw[k]?.[j] ?? 0 }))
    .filter(({ z, share }) => z >= LIKES && share >= LIKES_SHARE)
    .sort((a, b) => b.share - a.share)
    .flatMap(({ liking, share }) =>
      liking === undefined || (lost && liking.season === true)
        ? []
        : [
            `${often(share, locale)} ${liking[locale]} (${formatShare(Math.round(share * 100) / 100, locale)})`,
          ],
    )
}

/** Features named on either side. */
const APART = 3
/** Standard deviations from everybody from which a feature sets a segment apart. */
const APART_FROM = 0.5

/** What a segment counts. */
export interface SegmentSize {
  readonly users: number
  readonly share: number
  /** null: not known. */
  readonly revenueShare: number | null
}

/** Segment k in three sentences: who they are, what sets them apart, what they bring. */
export function segmentSentences(
  p: SegmentProfiles,
  k: number,
  kind: Kind,
  size: SegmentSize,
  locale: Locale,
): string[] {
  return [describeSegment(p, k, kind, locale), apartSentence(p, k, locale), sizeSentence(size, locale)]
}

function apartSentence(p: SegmentProfiles, k: number, locale: Locale): string {
  const fr = locale === 'fr'
  const ranked = p.columns
    .map((f, j) => ({ f, j, z: p.standardised[k]?.[j] ?? 0 }))
    .filter(({ z }) => Math.abs(z) >= APART_FROM)
    .sort((a, b) => Math.abs(b.z) - Math.abs(a.z) || a.j - b.j)
  const side = (title: string, sign: 1 | -1): string[] => {
    const labels = ranked.filter(({ z }) => sign * z > 0).slice(0, APART)
    if (labels.length === 0) return []
    return [
      `${title}${fr ? '\u00A0: ' : ': '}${labels.map(({ f }) => reasonLabel(f, locale)).join(fr ? '\u00A0; ' : '; ')}.`,
    ]
  }
  const sides = [
    ...side(fr ? 'Nettement au-dessus de la moyenne' : 'Well above average', 1),
    ...side(fr ? 'Nettement au-dessous' : 'Well below', -1),
  ]
  if (sides.length > 0) return sides.join(' ')
  return fr
    ? 'Proches de la moyenne en tout ce qui est mesuré.'
    : 'Close to the average in all that is measured.'
}

function sizeSentence({ users, share, revenueShare }: SegmentSize, locale: Locale): string {
  const [count, part] = [formatNumber(users, locale), formatShare(share, locale)]
  const fr = locale === 'fr'
  if (revenueShare === null) return fr ? `${count} clients (${part}).` : `${count} customers (${part}).`
  const money = formatShare(revenueShare, locale)
  const ratio = rounded(revenueShare / share)
  const times =
    ratio === 0 ? '' : `, ${formatNumber(ratio, locale)} ${fr ? 'fois leur part' : 'times their share'}`
  return fr
    ? `${count} clients (${part}) apportent ${money} du chiffre d’affaires${times}.`
    : `${count} customers (${part}) bring ${money} of the revenue${times}.`
}
