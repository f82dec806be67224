import type { Study } from '../../app/study/study.ts'
import { chart, LINE_COLOUR, quietAxis } from './chart.ts'
import { table } from './html.ts'
import type { Page, Section } from './page.ts'
import { biplot, circle } from './plane.ts'

/** The principal axes: how many, what they are, how well they show each feature. */
export function componentsSection(page: Page): Section {
  const { study } = page.report
  const title = page.say('Principal components', 'Composantes principales')
  if (study === undefined)
    return { id: 'components', title, html: loadingsOfBundle(page) + page.notStudied() }
  const { pca } = study
  const two = pca.axes.length > 1
  const html = [
    scree(page, study),
    axes(page, study),
    matrixFigure(page, study, 'loadings'),
    ...(two ? [circle(page, study)] : []),
    matrixFigure(page, study, 'contributions'),
    matrixFigure(page, study, 'cos2'),
    ...(two ? [biplot(page, study)] : []),
  ]
  return { id: 'components', title, html: html.join('\n') }
}

function scree(page: Page, { pca }: Study): string {
  const title = page.say('How much each axis shows', 'Ce que montre chaque axe')
  const kept = page.share(
    pca.ratios.slice(0, pca.kept).reduce((a, b) => a + b, 0),
    0,
  )
  const reading = page.say(
    `The model keeps ${pca.kept} axes with ${kept} of the variance; ${pca.suggested} rise above the line of unrelated columns (parallel analysis).`,
    `Le modèle garde ${pca.kept} axes avec ${kept} de la variance\u00A0; ${pca.suggested} dépassent la ligne de colonnes sans lien (analyse parallèle).`,
  )
  const picture = chart({
    id: 'scree-chart',
    description: reading,
    option: {
      grid: { left: 60, right: 24, top: 44, bottom: 48 },
      legend: { top: 4, textStyle: { color: '#333' } },
      xAxis: {
        type: 'category',
        data: pca.eigenvalues.map((_, i) => String(i + 1)),
        name: page.say('axis', 'axe'),
        nameLocation: 'middle',
        nameGap: 28,
        ...quietAxis,
      },
      yAxis: {
        type: 'value',
        name: page.say('eigenvalue', 'valeur propre'),
        ...quietAxis,
        axisLabel: { ...quietAxis.axisLabel, formatter: (v: number) => page.plain(v) },
      },
      series: [
        {
          type: 'bar',
          name: page.say('these customers', 'ces clients'),
          itemStyle: { color: LINE_COLOUR },
          data: pca.eigenvalues.map((value, i) =>
            i < pca.kept ? value : { value, itemStyle: { color: '#9cc3dd' } },
          ),
        },
        {
          type: 'line',
          name: page.say('unrelated columns', 'colonnes sans lien'),
          data: pca.parallel,
          symbolSize: 5,
          itemStyle: { color: '#D55E00' },
          lineStyle: { type: 'dashed' },
        },
      ],
    },
  })
  return page.figure({
    id: 'scree',
    title,
    picture,
    reading,
    csv: {
      head: ['axis', 'eigenvalue', 'ratio', 'parallel'],
      rows: pca.eigenvalues.map((value, i) => [
        i + 1,
        value,
        pca.ratios[i] as number,
        pca.parallel[i] as number,
      ]),
    },
  })
}

function axes(page: Page, { pca }: Study): string {
  const title = page.say('The axes in words', 'Les axes en mots')
  let sum = 0
  const rows = pca.axes.slice(0, pca.kept).map((axis, c) => {
    const ratio = pca.ratios[c] as number
    sum += ratio
    const words = [axis.name, axis.high, axis.low].map((w) => w[page.locale])
    return [`${c + 1}`, ...words, page.share(ratio), page.share(sum)]
  })
  const first = pca.axes[0]?.name[page.locale] ?? ''
  return page.figure({
    id: 'axes',
    title,
    picture: table({
      caption: title,
      head: [
        page.say('Axis', 'Axe'),
        page.say('Sorts by', 'Classe selon'),
        page.say('High', 'En haut'),
        page.say('Low', 'En bas'),
        page.say('Variance', 'Variance'),
        page.say('Together', 'Cumul'),
      ],
      rows,
      words: [1, 2, 3],
    }),
    reading: page.say(
      `What tells customers apart first of all: ${first}.`,
      `Ce qui distingue d’abord les clients\u00A0: ${first}.`,
    ),
    csv: {
      head: ['axis', 'name', 'high', 'low', 'ratio'],
      rows: pca.axes.map((axis, c) => [
        c + 1,
        axis.name[page.locale],
        axis.high[page.locale],
        axis.low[page.locale],
        pca.ratios[c] as number,
      ]),
    },
  })
}

type Measure = 'loadings' | 'contributions' | 'cos2'

function matrixFigure(page: Page, study: Study, measure: Measure): string {
  const { pca } = study
  const shown = pca.axes.slice(0, Math.max(pca.kept, Math.min(2, pca.axes.length)))
  const titles: Record<Measure, string> = {
    loadings: page.say('Loadings', 'Poids'),
    contributions: page.say('Contributions', 'Contributions'),
    cos2: page.say('Quality (cos²)', 'Qualité (cos²)'),
  }
  const title = titles[measure]
  const signed = measure === 'loadings'
  const most = Math.max(...shown.flatMap((axis) => axis[measure].map(Math.abs)))
  const cell = (x: number): { text: string; heat: number } => ({
    text: signed ? page.fixed(x, 2) : page.share(x, 0),
    heat: x / most,
  })
  const rows = study.features.map((_, j) => [
    page.features[j] ?? '',
    ...shown.map((axis) => cell(axis[measure][j] as number)),
    ...(measure === 'cos2'
      ? [
          page.share(
            shown.reduce((sum, axis) => sum + (axis.cos2[j] as number), 0),
            0,
          ),
        ]
      : []),
  ])
  return page.figure({
    id: measure,
    title,
    picture: table({
      caption: title,
      head: [
        page.say('Feature', 'Variable'),
        ...shown.map((_, c) => page.say(`Axis ${c + 1}`, `Axe ${c + 1}`)),
        ...(measure === 'cos2' ? [page.say('Together', 'Cumul')] : []),
      ],
      rows,
    }),
    reading: matrixReading(page, study, measure, shown.length),
    csv: {
      head: ['feature', ...pca.axes.map((_, c) => `axis_${c + 1}`)],
      rows: study.features.map((f, j) => [f.name, ...pca.axes.map((axis) => axis[measure][j] as number)]),
    },
  })
}

function matrixReading(page: Page, study: Study, measure: Measure, shown: number): string {
  const { pca, features } = study
  if (measure === 'loadings')
    return page.say(
      'The weights of the features in each axis: equal signs pull together, opposite signs apart.',
      'Les poids des variables dans chaque axe\u00A0: mêmes signes, même sens\u00A0; signes opposés, sens contraires.',
    )
  if (measure === 'contributions') {
    const first = pca.axes[0]?.contributions ?? []
    const j = first.indexOf(Math.max(...first))
    return page.say(
      `How much of each axis is made by a feature: ${page.features[j]} makes ${page.share(first[j] as number, 0)} of the first.`,
      `La part de chaque axe due à une variable\u00A0: ${page.features[j]} fait ${page.share(first[j] as number, 0)} du premier.`,
    )
  }
  const shownOf = (j: number): number =>
    pca.axes.slice(0, shown).reduce((s, axis) => s + (axis.cos2[j] as number), 0)
  const worst = features.map((_, j) => j).toSorted((a, b) => shownOf(a) - shownOf(b) || a - b)[0] ?? 0
  return page.say(
    `How much of a feature is seen on each axis; least of ${page.features[worst]} (${page.share(shownOf(worst), 0)}), of which the segments know little.`,
    `La part d’une variable vue sur chaque axe\u00A0; ${page.features[worst]} est la moins bien vue (${page.share(shownOf(worst), 0)}), et les segments en savent peu.`,
  )
}

/** Without a study the axes of the model are still known. */
function loadingsOfBundle(page: Page): string {
  const { pca } = page.report.bundle
  const title = page.say('Loadings', 'Poids')
  return page.figure({
    id: 'loadings',
    title,
    picture: table({
      caption: title,
      head: [
        page.say('Feature', 'Variable'),
        ...pca.components.map(
          (_, c) =>
            `${page.say('Axis', 'Axe')} ${c + 1} (${page.share(pca.explainedVarianceRatio[c] as number, 0)})`,
        ),
      ],
      rows: page.features.map((name, j) => [
        name,
        ...pca.components.map((row) => ({ text: page.fixed(row[j] as number, 2), heat: row[j] as number })),
      ]),
    }),
    reading: page.say(
      'The weights of the features in each axis that the model keeps, with the share of variance that the axis shows.',
      'Les poids des variables dans chaque axe gardé par le modèle, avec la part de variance que l’axe montre.',
    ),
    csv: {
      head: ['feature', ...pca.components.map((_, c) => `axis_${c + 1}`)],
      rows: page.features.map((name, j) => [name, ...pca.components.map((row) => row[j] as number)]),
    },
  })
}
