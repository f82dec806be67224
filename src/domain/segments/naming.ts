import { describeSegment } from './describe.ts'
import { segmentColour } from './label.ts'
import type { SegmentLabel } from './labels.ts'
import { CUSTOMERS, KINDS, ROLE_WORDS, type Kind, type Words } from './naming-kinds.ts'
import { likingOf, roleOf } from './naming-roles.ts'
import { reasonLabel } from './phrase.ts'
import { portraitOf, type SegmentProfiles } from './portrait.ts'

export interface NamedSegment {
  readonly key: string
  readonly label: SegmentLabel
}

const MAX_KEY_LENGTH = 32
/** A kind that fits a segment this much as well as its best one still is its name, so that two need not share one. */
const GOOD_ENOUGH = 0.5

/**
 * First names for fresh segments, in words that marketing uses: each takes the kind of customers that fits its profile best, the
 * best fit of all first, and no kind twice where a segment has another that fits about as well. Those who share one are told
 * apart by the feature in which they differ most from each other. The rule is deterministic, and people are expected to rename:
 * names are labels, keys only have to stay.
 */
export function nameSegments(p: SegmentProfiles): NamedSegment[] {
  const kinds = kindsOf(p)
  const taken = new Set<string>()
  return kinds.map((kind, k) => {
    const name = nameOf(p, kinds, k, taken)
    taken.add(name.en)
    const description = { en: describeSegment(p, k, kind, 'en'), fr: describeSegment(p, k, kind, 'fr') }
    const key = keyOf(name.en)
    return { key, label: { name: { ...name }, description, colour: segmentColour(k) } }
  })
}

/** The kind of each segment, K. */
export function kindsOf(p: SegmentProfiles): Kind[] {
  const all = [...KINDS, CUSTOMERS]
  const fits = p.raw.map((_, k) => {
    const portrait = portraitOf(p, k)
    return all.map((kind) => kind.fits(portrait))
  })
  const best = fits.map((row) => Math.max(...row))
  const ranked = fits
    .flatMap((row, k) => row.map((fit, i) => ({ k, i, fit })))
    .filter(({ k, fit }) => fit > 0 && fit >= GOOD_ENOUGH * (best[k] as number))
    .sort((a, b) => b.fit - a.fit || a.k - b.k || a.i - b.i)
  const chosen = new Map<number, number>()
  const used = new Set<number>()
  for (const { k, i } of ranked) {
    if (chosen.has(k) || used.has(i)) continue
    chosen.set(k, i)
    used.add(i)
  }
  return fits.map((row, k) => all[chosen.get(k) ?? row.indexOf(best[k] as number)] as Kind)
}

/** The name of segment k: its kind, with what tells it from the others of that kind. */
function nameOf(p: SegmentProfiles, kinds: readonly Kind[], k: number, taken: ReadonlySet<string>): Words {
  const kind = kinds[k] as Kind
  const alike = p.raw.map((_, i) => i).filter((i) => i !== k && kinds[i] === kind)
  if (alike.length === 0 && kind !== CUSTOMERS) return kind.name
  const wishes = differences(p, k, alike).map(({ en, fr }) => ({
    en: `${kind.name.en}, ${en}`,
    fr: `${kind.name.fr}, ${fr}`,
  }))
  const free = wishes.find((w) => !taken.has(w.en) && !keyTaken(w.en, taken))
  return free ?? numbered(kind.name, taken)
}

/** What sets segment k apart from others, in words, the greatest difference first. */
function differences(p: SegmentProfiles, k: number, others: readonly number[]): Words[] {
  const z = (i: number, j: number): number => p.standardised[i]?.[j] ?? 0
  const from = (j: number): number =>
    others.length === 0 ? 0 : others.reduce((sum, i) => sum + z(i, j), 0) / others.length
  return p.columns
    .map((f, j) => ({ f, j, more: z(k, j) - from(j) }))
    .sort((a, b) => Math.abs(b.more) - Math.abs(a.more) || a.j - b.j)
    .flatMap(({ f, more }): Words[] => {
      const liking = likingOf(f)
      if (liking !== undefined) return more > 0 ? [{ en: liking.en, fr: liking.fr }] : []
      const role = roleOf(f)
      if (role !== undefined) return [ROLE_WORDS[role][more > 0 ? 'much' : 'little']]
      const [en, fr] = [reasonLabel(f, 'en'), reasonLabel(f, 'fr')]
      return [
        more > 0 ? { en: `more ${en}`, fr: `plus de ${fr}` } : { en: `less ${en}`, fr: `moins de ${fr}` },
      ]
    })
}

function numbered(base: Words, taken: ReadonlySet<string>): Words {
  for (let i = 1; ; i++) {
    const name = i === 1 ? base : { en: `${base.en} ${i}`, fr: `${base.fr} ${i}` }
    if (!keyTaken(name.en, taken)) return name
  }
}

const keyTaken = (name: string, taken: ReadonlySet<string>): boolean =>
  [...taken].some((other) => keyOf(other) === keyOf(name))

/** `Window shoppers, electronics` → `window-shoppers-electronics`. */
function keyOf(name: string): string {
  const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  return slug.slice(0, MAX_KEY_LENGTH).replace(/^-|-$/g, '')
}
