import type { Feature } from '../features/feature-set.ts'
import { formatNumber, formatShare, type Locale } from './format.ts'
import type { Kind } from './naming-kinds.ts'
import { likingOf, roleOf } from './naming-roles.ts'
import { compilePhrase } from './phrase.ts'
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
