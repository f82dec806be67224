import type { Study } from '../../app/study/study.ts'
import { columnsOf } from '../../domain/segments/assigner.ts'
import { chart, GREY, LINE_COLOUR, quietAxis } from './chart.ts'
import { definition } from './definition.ts'
import { esc, table } from './html.ts'
import type { Page, Section } from './page.ts'

/** What each feature is, how its values lie, and which tell the same. */
export function featuresSection(page: Page): Section {
  const { study } = page.report
  const rest =
    study === undefined
      ? page.notStudied()
      : `${histograms(page, study)}${correlations(page, study)}${dependent(page, study)}`
  return { id: 'features', title: page.say('Features', 'Variables'), html: definitions(page) + rest }
}

function definitions(page: Page): string {
  const columns = columnsOf(page.report.bundle.featureSet)
  const title = page.say('Definitions', 'Définitions')
  return page.figure({
    id: 'definitions',
    title,
    picture: table({
      caption: title,
      head: [page.say('Feature', 'Variable'), page.say('How it is computed', 'Calcul'), 'Transformation'],
      rows: columns.map((f, j) => [page.features[j] as string, definition(page, f), f.transform ?? 'none']),
      words: [1, 2],
    }),
    reading: page.say(
      `${columns.length} numbers describe each customer as of one time; a window ends then, and what lies before it is forgotten.`,
      `${columns.length} nombres décrivent chaque client à une date\u00A0; une fenêtre s’y termine, et ce qui la précède est oublié.`,
    ),
    csv: {
      head: ['feature', 'label', 'definition', 'transform'],
      rows: columns.map((f, j) => [
        f.name,
        page.features[j] as string,
        definition(page, f),
        f.transform ?? 'none',
      ]),
    },
  })
}

function histograms(page: Page, study: Study): string {
  const title = page.say('How the values lie', 'Répartition des valeurs')
  const skewed = study.features.filter((f) => Math.abs(f.raw.skewness) > 2).length
  const after = study.features.filter((f) => Math.abs(f.transformed.skewness) > 2).length
  const pictures = study.features.map(
    (f, j) => `<div><h4>${esc(page.features[j] ?? f.name)}</h4>${histogram(page, study, j)}</div>`,
  )
  return page.figure({
    id: 'histograms',
    title,
    picture: `<div class="many">${pictures.join('\n')}</div>`,
    reading: page.say(
      `Left as measured, right as the model reads it: ${skewed} of ${study.features.length} features have a long tail (skewness above 2) as measured, ${after} after transformation.`,
      `À gauche la mesure, à droite ce que lit le modèle\u00A0: ${skewed} variables sur ${study.features.length} ont une longue traîne (asymétrie supérieure à 2) telles que mesurées, ${after} après transformation.`,
    ),
    csv: {
      head: ['feature', 'form', 'from', 'to', 'users'],
      rows: study.features.flatMap((f) =>
        (['raw', 'transformed'] as const).flatMap((form) =>
          f[form].histogram.counts.map((n, i) => [
            f.name,
            form,
            f[form].histogram.edges[i] as number,
            f[form].histogram.edges[i + 1] as number,
            n,
          ]),
        ),
      ),
    },
  })
}

const HISTOGRAM = { width: 300, height: 110 } as const

/** Two little histograms beside each other, with the ends of their ranges below. */
function histogram(page: Page, study: Study, j: number): string {
  const f = study.features[j] as Study['features'][number]
  const forms = [f.raw, f.transformed]
  const end = (edge: number | undefined): string => (edge === undefined ? '' : page.plain(edge))
  return chart({
    id: `histogram-${j}`,
    description: page.say(
      `Histograms of ${page.features[j]}: as measured, mean ${page.plain(f.raw.mean)}; transformed, mean ${page.plain(f.transformed.mean)}.`,
      `Histogrammes de ${page.features[j]}\u00A0: tel que mesuré, moyenne ${page.plain(f.raw.mean)}\u00A0; transformé, moyenne ${page.plain(f.transformed.mean)}.`,
    ),
    ...HISTOGRAM,
    option: {
      grid: [
        { left: 8, width: 134, top: 6, bottom: 24 },
        { left: 158, width: 134, top: 6, bottom: 24 },
      ],
      xAxis: forms.map(({ histogram: { edges, counts } }, g) => ({
        type: 'category' as const,
        gridIndex: g,
        data: counts.map((_, i) =>
          i === 0 ? end(edges[0]) : i === counts.length - 1 ? end(edges.at(-1)) : '',
        ),
        axisTick: { show: false },
        axisLine: quietAxis.axisLine,
        axisLabel: {
          interval: 0,
          fontSize: 11,
          color: '#333',
          alignMinLabel: 'left' as const,
          alignMaxLabel: 'right' as const,
        },
      })),
      yAxis: forms.map((_, g) => ({ type: 'value' as const, gridIndex: g, show: false })),
      series: forms.map(({ histogram: { counts } }, g) => ({
        type: 'bar' as const,
        xAxisIndex: g,
        yAxisIndex: g,
        data: counts,
        barCategoryGap: '8%',
        itemStyle: { color: g === 0 ? GREY : LINE_COLOUR },
      })),
    },
  })
}

function correlations(page: Page, study: Study): string {
  const title = page.say('Correlations', 'Corrélations')
  const F = study.features.length
  const pairs = Array.from({ length: F }, (_, i) => i).flatMap((i) =>
    Array.from({ length: i }, (_, j) => ({ i, j, r: study.correlations[i]?.[j] ?? 0 })),
  )
  const top = pairs.toSorted((a, b) => Math.abs(b.r) - Math.abs(a.r) || a.i - b.i || a.j - b.j)[0]
  return page.figure({
    id: 'correlations',
    title,
    picture: table({
      caption: title,
      head: [page.say('Feature', 'Variable'), ...study.features.map((_, j) => String(j + 1))],
      rows: study.features.map((_, i) => [
        `${i + 1} ${page.features[i]}`,
        ...(study.correlations[i] ?? []).map((r, j) =>
          i === j ? { text: '1', muted: true } : { text: page.fixed(r, 2), heat: r },
        ),
      ]),
      size: 'matrix',
    }),
    reading:
      top === undefined
        ? page.say('There is one feature only.', 'Il n’y a qu’une variable.')
        : page.say(
            `Pearson’s r of the transformed features; the closest pair is ${page.features[top.i]} and ${page.features[top.j]} (${page.fixed(top.r, 2)}).`,
            `r de Pearson des variables transformées\u00A0; la paire la plus liée est ${page.features[top.i]} et ${page.features[top.j]} (${page.fixed(top.r, 2)}).`,
          ),
    csv: {
      head: ['feature', ...study.features.map((f) => f.name)],
      rows: study.features.map((f, i) => [f.name, ...(study.correlations[i] ?? [])]),
    },
  })
}

function dependent(page: Page, study: Study): string {
  const name = (j: number): string => page.features[j] ?? ''
  const told = study.dependent.map((d) =>
    page.say(
      `${name(d.feature)}: ${page.share(d.explained, 0)} of its variance is told by ${d.by.map(name).join('; ')}.`,
      `${name(d.feature)}\u00A0: ${page.share(d.explained, 0)} de sa variance est expliquée par ${d.by.map(name).join('; ')}.`,
    ),
  )
  const same = study.constant.map(name).join('; ')
  const constant =
    same === ''
      ? []
      : [
          page.say(
            `The same for everybody, and therefore of no account: ${same}.`,
            `Identiques pour tous, donc sans effet\u00A0: ${same}.`,
          ),
        ]
  const all = [...told, ...constant]
  const heading = `<h3>${page.say('Features that others tell already', 'Variables que d’autres disent déjà')}</h3>`
  const none = page.say(
    'None: no feature could be left out without losing something.',
    'Aucune\u00A0: aucune variable ne pourrait être retirée sans perte.',
  )
  return (
    heading +
    (all.length === 0 ? `<p>${esc(none)}</p>` : `<ul>${all.map((t) => `<li>${esc(t)}</li>`).join('')}</ul>`)
  )
}
