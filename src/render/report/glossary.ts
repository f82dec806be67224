import { esc } from './html.ts'
import type { Page, Section } from './page.ts'

interface Entry {
  readonly word: readonly [en: string, fr: string]
  readonly meaning: readonly [en: string, fr: string]
}

const ENTRIES: readonly Entry[] = [
  {
    word: ['Feature', 'Variable'],
    meaning: [
      'One number about a customer at one time, such as orders in 90 days.',
      'Un nombre sur un client à une date, par exemple ses commandes en 90 jours.',
    ],
  },
  {
    word: ['Transformation', 'Transformation'],
    meaning: [
      'log1p, sqrt and asinh press long tails together, so that one big spender does not outweigh everybody.',
      'log1p, sqrt et asinh resserrent les longues traînes, pour qu’un gros acheteur ne pèse pas plus que tous les autres.',
    ],
  },
  {
    word: ['Standardised', 'Standardisé'],
    meaning: [
      'Measured from everybody’s mean in standard deviations: 0 is as everybody, +1 clearly more.',
      'Mesuré à partir de la moyenne générale en écarts types\u00A0: 0 comme tout le monde, +1 nettement plus.',
    ],
  },
  {
    word: ['Principal component, axis', 'Composante principale, axe'],
    meaning: [
      'A mixture of features along which customers differ most; the second one, most of what the first left over.',
      'Un mélange de variables le long duquel les clients diffèrent le plus\u00A0; le deuxième, le plus de ce que le premier a laissé.',
    ],
  },
  {
    word: ['Loading', 'Poids'],
    meaning: ['The weight of a feature in an axis.', 'Le poids d’une variable dans un axe.'],
  },
  {
    word: ['cos²', 'cos²'],
    meaning: [
      'The share of a feature’s variance that an axis shows: near 1 it is well seen there.',
      'La part de la variance d’une variable qu’un axe montre\u00A0: près de 1, elle y est bien vue.',
    ],
  },
  {
    word: ['Centroid, radius', 'Centroïde, rayon'],
    meaning: [
      'The middle of a segment, and the distance within which 99\u00A0% of its customers lie.',
      'Le milieu d’un segment, et la distance dans laquelle se trouvent 99\u00A0% de ses clients.',
    ],
  },
  {
    word: ['Silhouette', 'Silhouette'],
    meaning: [
      'How much nearer customers are to their own segment than to the next: 1 is far apart, 0 is at the border.',
      'De combien les clients sont plus proches de leur segment que du suivant\u00A0: 1, bien séparés\u00A0; 0, à la frontière.',
    ],
  },
  {
    word: ['Jaccard, bootstrap', 'Jaccard, bootstrap'],
    meaning: [
      'How much of a segment is found again when it is sought anew in resampled customers: 1 is all of it, below 0.75 it is shaky.',
      'Quelle part d’un segment se retrouve quand on le cherche à nouveau dans des clients tirés au sort\u00A0: 1, tout\u00A0; sous 0,75, il est fragile.',
    ],
  },
  {
    word: ['Adjusted Rand index', 'Indice de Rand ajusté'],
    meaning: [
      'How far two groupings agree: 1 wholly, 0 as much as chance would.',
      'À quel point deux découpages concordent\u00A0: 1 tout à fait, 0 autant que le hasard.',
    ],
  },
  {
    word: ['Outlier', 'Client atypique'],
    meaning: [
      'A customer unlike those whom the model was trained on.',
      'Un client qui ne ressemble pas à ceux de l’apprentissage.',
    ],
  },
  {
    word: ['Index', 'Indice'],
    meaning: [
      'A segment’s share against everybody’s, times 100.',
      'La part d’un segment rapportée à celle de l’ensemble, fois 100.',
    ],
  },
  {
    word: ['Median, 90th percentile', 'Médiane, 9e décile'],
    meaning: [
      'Half of the customers lie below the median, nine in ten below the 90th percentile.',
      'La moitié des clients sont sous la médiane, neuf sur dix sous le 9e décile.',
    ],
  },
]

/** Words of the report for those who meet them here first. */
export function glossarySection(page: Page): Section {
  const entries = ENTRIES.map(
    ({ word, meaning }) => `<dt>${esc(page.say(...word))}</dt><dd>${esc(page.say(...meaning))}</dd>`,
  )
  return { id: 'glossary', title: page.say('Glossary', 'Glossaire'), html: `<dl>${entries.join('\n')}</dl>` }
}
