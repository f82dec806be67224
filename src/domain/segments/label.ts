import type { Labels, SegmentLabel } from './labels.ts'
import { OUTLIER } from './transition.ts'

/**
 * Colours that stay apart for colour-blind readers: Okabe & Ito (2008) without black and yellow, then Paul Tol's "muted"
 * scheme (2021). Segments take them in order of descending share.
 */
export const SEGMENT_COLOURS = (
  '#0072B2 #E69F00 #009E73 #CC79A7 #56B4E9 #D55E00 ' +
  '#332288 #117733 #882255 #44AA99 #999933 #AA4499 #DDCC77 #661100'
).split(' ')
const OUTLIER_COLOUR = '#7F7F7F'

export function segmentColour(index: number): string {
  return SEGMENT_COLOURS[index % SEGMENT_COLOURS.length] as string
}

export const OUTLIER_LABEL: SegmentLabel = {
  name: { en: 'Outliers', fr: 'Atypiques' },
  description: {
    en: 'Customers unlike anyone the model was trained on.',
    fr: 'Clients qui ne ressemblent à personne dans les données d’apprentissage.',
  },
  colour: OUTLIER_COLOUR,
}

/** `big-spenders` → `Big spenders`. */
function readable(key: string): string {
  const text = key.replaceAll('-', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Given labels, filled up so that every key and `outlier` has one. */
export function completeLabels(keys: readonly string[], given: Labels = {}): Labels {
  const labels: Record<string, SegmentLabel> = {}
  keys.forEach((key, i) => {
    labels[key] = given[key] ?? { name: { en: readable(key) }, description: {}, colour: segmentColour(i) }
  })
  labels[OUTLIER] = given[OUTLIER] ?? OUTLIER_LABEL
  return labels
}

/** The segment's name in a language; English, then the key, where there is none. */
export function segmentName(labels: Labels, key: string, locale: string): string {
  const name = labels[key]?.name
  return name?.[locale] ?? name?.['en'] ?? key
}
