import { predict, type Prediction } from '../../app/predict.ts'
import { columnsOf } from '../../domain/segments/assigner.ts'
import { table } from './html.ts'
import type { Page, Section } from './page.ts'

/** One vector worked through: scale → project → distances, each number to be checked by hand. */
export function newcomerSection(page: Page): Section {
  const { bundle, labels, newcomer } = page.report
  const found = predict(bundle, labels, newcomer.values, page.locale)
  const who = {
    newest: page.say(
      'Of the customers with events enough, the one who came last.',
      'Parmi les clients ayant assez d’événements, le dernier arrivé.',
    ),
    typical: page.say(
      'The customer nearest to the centre of the largest segment, as if he had just arrived.',
      'Le client le plus proche du centre du plus grand segment, comme s’il venait d’arriver.',
    ),
    mean: page.say(
      'A made-up customer with the mean of each feature in the largest segment.',
      'Un client fictif ayant, pour chaque variable, la moyenne du plus grand segment.',
    ),
  }[newcomer.who]
  return {
    id: 'newcomer',
    title: page.say('A new customer, worked through', 'Un nouveau client, pas à pas'),
    html: `<p>${who}</p>\n${steps(page, found)}\n${distances(page, found)}`,
  }
}

function steps(page: Page, found: Prediction): string {
  const { bundle } = page.report
  const title = page.say('From features to coordinates', 'Des variables aux coordonnées')
  const columns = columnsOf(bundle.featureSet)
  const { raw, transformed, scaled } = found.steps
  return page.figure({
    id: 'newcomer-steps',
    title,
    picture: stepTable(page, title, found),
    reading: page.say(
      'Standardised is (transformed − mean) / scale; a coordinate is the sum of standardised × weight, less the centre of the axis, ' +
        'which is 0 where the scaler was fitted with it.',
      'La valeur standardisée est (transformée − moyenne) / échelle\u00A0; une coordonnée est la somme des produits standardisée × poids, ' +
        'moins le centre de l’axe, qui vaut 0 lorsque l’échelle a été ajustée avec lui.',
    ),
    csv: {
      head: 'feature,value,transformed,mean,scale,standardised'
        .split(',')
        .concat(bundle.pca.components.map((_, c) => `loading_${c + 1}`)),
      rows: columns.map((f, j) => [
        f.name,
        ...[raw, transformed, bundle.scaler.mean, bundle.scaler.scale, scaled].map((v) => v[j] as number),
        ...bundle.pca.components.map((row) => row[j] as number),
      ]),
    },
  })
}

function stepTable(
  page: Page,
  caption: string,
  { steps: { raw, transformed, scaled, projected } }: Prediction,
): string {
  const { featureSet, scaler, pca } = page.report.bundle
  const three = (x: number | undefined): string => page.fixed(x as number, 3)
  return table({
    caption,
    head: [
      page.say('Feature', 'Variable'),
      page.say('Value', 'Valeur'),
      'Transformation',
      page.say('Transformed', 'Transformée'),
      page.say('Mean', 'Moyenne'),
      page.say('Scale', 'Échelle'),
      page.say('Standardised', 'Standardisée'),
      ...pca.components.map((_, c) => page.say(`Weight, axis ${c + 1}`, `Poids, axe ${c + 1}`)),
    ],
    rows: [
      ...columnsOf(featureSet).map((f, j) => [
        page.features[j] as string,
        page.plain(raw[j] as number),
        f.transform ?? 'none',
        ...[transformed, scaler.mean, scaler.scale, scaled].map((v) => three(v[j])),
        ...pca.components.map((row) => three(row[j])),
      ]),
      [page.say('Coordinate', 'Coordonnée'), ...Array.from({ length: 6 }, () => ''), ...projected.map(three)],
    ],
    words: [2],
    size: 'small',
  })
}

function distances(page: Page, found: Prediction): string {
  const { bundle } = page.report
  const title = page.say('Distances to the centroids', 'Distances aux centroïdes')
  const nearest = Math.min(...found.distances.map((d) => d.distance))
  const first = bundle.policy.minEvents
  const nearer = page.share(found.margin, 0)
  return page.figure({
    id: 'newcomer-distances',
    title,
    picture: table({
      caption: title,
      head: ['Segment', 'Distance', page.say('Radius', 'Rayon')],
      rows: found.distances.map((d, k) => [
        { text: page.name(d.segment), colour: page.colour(d.segment) },
        { text: page.fixed(d.distance, 3), ...(d.distance === nearest ? { heat: 1 } : {}) },
        page.fixed(bundle.radii[k] as number, 3),
      ]),
    }),
    reading: page.say(
      `The nearest centroid wins: “${found.name}”, ${nearer} nearer than the next. He gets it ` +
        `${first === 1 ? 'with his first event' : `once he has made ${first} events`}, and later moves only where another is ` +
        `nearer by ${page.share(bundle.policy.marginRatio, 0)}.`,
      `Le centroïde le plus proche l’emporte\u00A0: «\u00A0${found.name}\u00A0», plus proche de ${nearer} que le suivant. ` +
        `Il l’obtient dès ${first === 1 ? 'son premier événement' : `${first} événements`}, et ne change ensuite que si un autre ` +
        `est plus proche de ${page.share(bundle.policy.marginRatio, 0)}.`,
    ),
    csv: {
      head: ['segment', 'distance', 'radius'],
      rows: found.distances.map((d, k) => [d.segment, d.distance, bundle.radii[k] as number]),
    },
  })
}
