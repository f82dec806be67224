import type { Study } from '../../app/study/study.ts'
import { chart, GREY, LEGEND, legendRoom, quietAxis } from './chart.ts'
import { esc, table } from './html.ts'
import type { Page, Section } from './page.ts'
import { segmentPlane } from './plane.ts'
import { revenueShares } from './summary.ts'

/** Who the segments are. */
export function segmentsSection(page: Page): Section {
  const { study } = page.report
  const html = [overview(page), people(page)]
  if (study === undefined) html.push(profiles(page), page.notStudied())
  else html.push(radar(page, study), bars(page, study), profiles(page))
  if (study !== undefined && study.pca.axes.length > 1) html.push(segmentPlane(page, study))
  if (study !== undefined) html.push(typical(page, study))
  return { id: 'segments', title: page.say('The segments', 'Les segments'), html: html.join('\n') }
}

function overview(page: Page): string {
  const { bundle } = page.report
  const title = page.say('At a glance', 'En un coup d’œil')
  const money = revenueShares(page)
  const revenueOf = (key: string): number => money?.find((m) => m.key === key)?.revenue ?? Number.NaN
  const rows = bundle.segments.map((s, k) => [
    { text: page.name(s.key), colour: page.colour(s.key) },
    page.count(Math.round(s.share * bundle.training.users)),
    page.share(s.share),
    page.share(revenueOf(s.key)),
    page.fixed(bundle.radii[k] as number, 2),
  ])
  const reading =
    money === undefined
      ? page.say(
          'Customers and shares are those of the training.',
          'Clients et parts sont ceux de l’apprentissage.',
        )
      : page.say(
          'Customers and shares are those of the training; a segment whose revenue share is above its share of customers is worth more than the average.',
          'Clients et parts sont ceux de l’apprentissage\u00A0; un segment dont la part de chiffre d’affaires dépasse sa part de clients vaut plus que la moyenne.',
        )
  return page.figure({
    id: 'overview',
    title,
    picture: table({
      caption: title,
      head: [
        'Segment',
        page.say('Customers', 'Clients'),
        page.say('Share', 'Part'),
        page.say('Share of revenue', 'Part du chiffre d’affaires'),
        page.say('Radius', 'Rayon'),
      ],
      rows,
    }),
    reading,
    csv: {
      head: ['segment', 'name', 'share', 'revenue_share', 'radius'],
      rows: bundle.segments.map((s, k) => {
        const revenue = revenueOf(s.key)
        return [
          s.key,
          page.name(s.key),
          s.share,
          Number.isNaN(revenue) ? null : revenue,
          bundle.radii[k] as number,
        ]
      }),
    },
  })
}

/** Each segment in three sentences, else by its label. */
function people(page: Page): string {
  const { bundle, labels, study } = page.report
  return bundle.segments
    .map((s, k) => {
      const told = study?.segments[k]?.sentences[page.locale] ?? []
      const label = labels[s.key]
      const description = label?.description[page.locale] ?? label?.description['en']
      const action = label?.action?.[page.locale] ?? label?.action?.['en']
      const texts = [
        ...(told.length > 0 ? told : description === undefined ? [] : [description]),
        ...(action === undefined ? [] : [page.say(`What to do: ${action}`, `Que faire\u00A0: ${action}`)]),
      ]
      return (
        `<div class="person" style="border-color:${esc(page.colour(s.key))}"><h3>${esc(page.name(s.key))}</h3>` +
        `<p>${esc(texts.join(' '))}</p></div>`
      )
    })
    .join('\n')
}

/** Standard deviations at the rim and at the middle of the radar. */
const RADAR_REACH = 2

function radar(page: Page, study: Study): string {
  const title = page.say('Shapes', 'Formes')
  const { segments } = study
  const reading = page.say(
    `Each line is one segment, measured in standard deviations from everybody: the middle is −${RADAR_REACH}, the bold ring 0, the rim +${RADAR_REACH} (beyond is cut).`,
    `Chaque ligne est un segment, mesuré en écarts types par rapport à l’ensemble\u00A0: le centre vaut −${RADAR_REACH}, l’anneau marqué 0, le bord +${RADAR_REACH} (au-delà, coupé).`,
  )
  const cut = (x: number): number => Math.max(-RADAR_REACH, Math.min(RADAR_REACH, x))
  const picture = chart({
    id: 'radar-chart',
    description: reading,
    height: 470 + legendRoom(page.names),
    option: {
      legend: LEGEND,
      radar: {
        radius: 165,
        center: [360, 235],
        splitNumber: 4,
        axisName: { color: '#333', fontSize: 11 },
        splitArea: { show: false },
        splitLine: { lineStyle: { color: ['#e4e4e4', '#e4e4e4', GREY, '#e4e4e4', '#e4e4e4'] } },
        axisLine: { lineStyle: { color: '#e4e4e4' } },
        indicator: page.features.map((name) => ({ name: broken(name), min: -RADAR_REACH, max: RADAR_REACH })),
      },
      series: [
        {
          type: 'radar',
          symbolSize: 4,
          data: segments.map((s) => ({
            name: page.name(s.key),
            value: s.standardised.map(cut),
            itemStyle: { color: page.colour(s.key) },
            lineStyle: { width: 2 },
          })),
        },
      ],
    },
  })
  return page.figure({ id: 'radar', title, picture, reading, csv: standardisedCsv(study) })
}

const LINE_CHARS = 18

/** Long names in two lines, at the space that halves them best. */
function broken(name: string): string {
  if (name.length <= LINE_CHARS) return name
  const spaces = [...name.matchAll(/ /g)].map((m) => m.index)
  const middle = name.length / 2
  const at = spaces.toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0]
  return at === undefined ? name : `${name.slice(0, at)}\n${name.slice(at + 1)}`
}

function standardisedCsv(study: Study): { head: string[]; rows: (string | number)[][] } {
  return {
    head: ['segment', ...study.features.map((f) => f.name)],
    rows: study.segments.map((s) => [s.key, ...s.standardised]),
  }
}

function bars(page: Page, study: Study): string {
  const title = page.say('Against everybody', 'Par rapport à l’ensemble')
  const reach = Math.max(1, ...study.segments.flatMap((s) => s.standardised.map(Math.abs)))
  const pictures = study.segments.map(
    (s, k) => `<div><h4>${esc(page.name(s.key))}</h4>${barsOf(page, study, k, reach)}</div>`,
  )
  return page.figure({
    id: 'bars',
    title,
    picture: `<div class="many wide">${pictures.join('\n')}</div>`,
    reading: page.say(
      'How many standard deviations each segment lies above (right) or below (left) everybody’s mean.',
      'De combien d’écarts types chaque segment est au-dessus (à droite) ou au-dessous (à gauche) de la moyenne générale.',
    ),
    csv: standardisedCsv(study),
  })
}

function barsOf(page: Page, study: Study, k: number, reach: number): string {
  const s = study.segments[k] as Study['segments'][number]
  const order = s.standardised.map((_, j) => j)
  return chart({
    id: `bars-${k}`,
    description: `${page.name(s.key)}: ${order.map((j) => `${page.features[j]} ${page.fixed(s.standardised[j] as number, 1)}`).join(', ')}`,
    width: 460,
    height: 24 + 19 * order.length,
    option: {
      grid: { left: 235, right: 34, top: 4, bottom: 20 },
      xAxis: {
        ...quietAxis,
        type: 'value',
        min: -reach,
        max: reach,
        axisLabel: { show: false },
        splitLine: { show: false },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: order.map((j) => page.features[j] ?? ''),
        axisTick: { show: false },
        axisLine: { onZero: true, lineStyle: { color: GREY } },
        axisLabel: {
          color: '#333',
          fontSize: 11,
          width: 230,
          overflow: 'truncate',
          interval: 0,
          inside: false,
        },
        position: 'left',
        offset: 0,
      },
      series: [
        {
          type: 'bar',
          barWidth: 12,
          data: order.map((j) => ({
            value: s.standardised[j] as number,
            itemStyle: { color: page.colour(s.key) },
          })),
          label: {
            show: true,
            fontSize: 10,
            color: '#333',
            position: 'right',
            formatter: ({ value }) => page.fixed(value as number, 1),
          },
        },
      ],
    },
  })
}

function profiles(page: Page): string {
  const { bundle, study } = page.report
  const title = page.say('Means in the feature’s own unit', 'Moyennes dans l’unité de la variable')
  const everybody = (j: number): number =>
    bundle.segments.reduce((sum, s) => sum + s.share * (s.profile[j] as number), 0)
  const z = (k: number, j: number): number | undefined => study?.segments[k]?.standardised[j]
  return page.figure({
    id: 'profiles',
    title,
    picture: table({
      caption: title,
      head: [page.say('Feature', 'Variable'), page.say('Everybody', 'Ensemble'), ...page.names],
      rows: page.features.map((name, j) => [
        name,
        page.plain(everybody(j)),
        ...bundle.segments.map((s, k) => {
          const heat = z(k, j)
          const text = page.plain(s.profile[j] as number)
          return heat === undefined ? text : { text, heat: heat / 2 }
        }),
      ]),
      size: 'small',
    }),
    reading: page.say(
      'What a customer of the segment does on average; orange is above everybody, blue below.',
      'Ce que fait en moyenne un client du segment\u00A0; orange, au-dessus de l’ensemble\u00A0; bleu, au-dessous.',
    ),
    csv: {
      head: ['feature', 'everybody', ...bundle.segments.map((s) => s.key)],
      rows: page.features.map((name, j) => [
        name,
        everybody(j),
        ...bundle.segments.map((s) => s.profile[j] as number),
      ]),
    },
  })
}

function typical(page: Page, study: Study): string {
  const title = page.say('Typical customers', 'Clients types')
  const tables = study.segments.map((s) => {
    const name = page.name(s.key)
    const shown = table({
      caption: `${title}: ${name}`,
      head: [page.say('Feature', 'Variable'), ...s.typical.map((_, i) => String(i + 1))],
      rows: page.features.map((f, j) => [f, ...s.typical.map((t) => page.plain(t.values[j] as number))]),
      size: 'small',
    })
    return `<div><h4>${esc(name)}</h4>${shown}</div>`
  })
  return page.figure({
    id: 'typical',
    title,
    picture: `<div class="many wide">${tables.join('\n')}</div>`,
    reading: page.say(
      'Real customers nearest to the centre of their segment, without their ids: think of them when you write to the segment.',
      'De vrais clients, les plus proches du centre de leur segment, sans identifiant\u00A0: pensez à eux en écrivant au segment.',
    ),
    csv: {
      head: ['segment', 'distance', ...study.features.map((f) => f.name)],
      rows: study.segments.flatMap((s) => s.typical.map((t) => [s.key, t.distance, ...t.values])),
    },
  })
}
