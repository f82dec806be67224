import type { Study } from '../../app/study/study.ts'
import { chart, quietAxis, type EChartsOption } from './chart.ts'
import type { Page } from './page.ts'

interface Point {
  readonly x: number
  readonly y: number
}
interface Bounds {
  readonly x: readonly [low: number, high: number]
  readonly y: readonly [low: number, high: number]
}
type Series = Extract<NonNullable<EChartsOption['series']>, readonly unknown[]>[number]

const WIDTH = 720
const MARGIN = { left: 56, right: 20, top: 16, bottom: 48 } as const
const CIRCLE_STEPS = 72

/** Axes on which a unit is as long across as upwards, around what has to be seen. */
function plane(page: Page, height: number, seen: Bounds): Pick<EChartsOption, 'grid' | 'xAxis' | 'yAxis'> {
  const across = WIDTH - MARGIN.left - MARGIN.right
  const upwards = height - MARGIN.top - MARGIN.bottom
  const unit = Math.max((seen.x[1] - seen.x[0]) / across, (seen.y[1] - seen.y[0]) / upwards)
  const around = ([low, high]: readonly [number, number], pixels: number): { min: number; max: number } => {
    const middle = (low + high) / 2
    return { min: middle - (unit * pixels) / 2, max: middle + (unit * pixels) / 2 }
  }
  const ends = { ...quietAxis.axisLabel, showMinLabel: false, showMaxLabel: false }
  const axis = (n: number): object => ({
    ...quietAxis,
    type: 'value',
    name: page.say(`axis ${n}`, `axe ${n}`),
    nameLocation: 'middle',
    axisLabel: { ...ends, formatter: (v: number) => page.plain(v) },
  })
  return {
    grid: MARGIN,
    xAxis: { ...axis(1), nameGap: 28, ...around(seen.x, across) },
    yAxis: { ...axis(2), nameGap: 36, ...around(seen.y, upwards) },
  }
}

/** Room beside the outermost points; names at arrows take more to the sides. */
const PADDING = 0.06
const NAMES = 0.25

function boundsOf(points: readonly Point[], sides = PADDING): Bounds {
  const of = (values: readonly number[], padding: number): [number, number] => {
    const [low, high] = [Math.min(...values), Math.max(...values)]
    const room = padding * (high - low)
    return [low - room, high + room]
  }
  return {
    x: of(
      points.map((p) => p.x),
      sides,
    ),
    y: of(
      points.map((p) => p.y),
      PADDING,
    ),
  }
}

function ring({ x, y }: Point, radius: number): [number, number][] {
  return Array.from({ length: CIRCLE_STEPS + 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / CIRCLE_STEPS
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)]
  })
}

function outline(centre: Point, radius: number, colour: string): Series {
  return {
    type: 'line',
    data: ring(centre, radius),
    showSymbol: false,
    silent: true,
    lineStyle: { color: colour, width: 1.5, type: 'dashed' },
  }
}

/** Arrows from the middle, with the features' names at their ends. */
function arrows(page: Page, ends: readonly Point[]): Series[] {
  return [
    {
      type: 'lines',
      coordinateSystem: 'cartesian2d',
      symbol: ['none', 'arrow'],
      symbolSize: 8,
      silent: true,
      lineStyle: { color: '#333', width: 1.4, opacity: 1 },
      data: ends.map(({ x, y }) => ({
        coords: [
          [0, 0],
          [x, y],
        ],
      })),
    },
    {
      type: 'scatter',
      symbolSize: 1,
      silent: true,
      itemStyle: { color: '#333', opacity: 1 },
      data: ends.map(({ x, y }, j) => ({
        value: [x, y],
        label: {
          show: true,
          formatter: page.features[j] ?? '',
          position: x < 0 ? 'left' : 'right',
          fontSize: 11,
          color: '#1d1d1f',
          textBorderColor: '#fff',
          textBorderWidth: 3,
          opacity: 1,
        },
      })),
      labelLayout: { moveOverlap: 'shiftY' },
    },
  ]
}

/** Correlation of each feature with the first two axes, in the unit circle. */
export function circle(page: Page, study: Study): string {
  const [first, second] = study.pca.axes.map((axis) => axis.correlations) as [number[], number[]]
  const ends = study.features.map((_, j) => ({ x: first[j] as number, y: second[j] as number }))
  const length = ({ x, y }: Point): number => Math.hypot(x, y)
  const well = ends.filter((p) => length(p) > 0.7).length
  const title = page.say('Correlation circle', 'Cercle des corrélations')
  const reading = page.say(
    `An arrow near the circle is well shown by the first two axes (${well} of ${ends.length} reach beyond 0.7); arrows in one direction go together, opposite ones exclude each other.`,
    `Une flèche proche du cercle est bien représentée par les deux premiers axes (${well} sur ${ends.length} dépassent 0,7)\u00A0; des flèches de même sens vont ensemble, des flèches opposées s’excluent.`,
  )
  const height = 520
  const picture = chart({
    id: 'circle-chart',
    description: `${title}. ${reading}`,
    height,
    option: {
      ...plane(page, height, { x: [-1.7, 1.7], y: [-1.05, 1.05] }),
      series: [outline({ x: 0, y: 0 }, 1, '#767676'), ...arrows(page, ends)],
    },
  })
  return page.figure({
    id: 'circle',
    title,
    picture,
    reading,
    csv: {
      head: ['feature', 'axis_1', 'axis_2'],
      rows: ends.map(({ x, y }, j) => [study.features[j]?.name ?? '', x, y]),
    },
  })
}

function cloud(page: Page, study: Study, opacity: number): Series[] {
  return study.segments.map((s, k) => ({
    type: 'scatter',
    name: page.name(s.key),
    symbolSize: 5,
    silent: true,
    itemStyle: { color: page.colour(s.key), opacity },
    data: study.pca.biplot.points.filter((p) => p.segment === k).map((p) => [rounded(p.x), rounded(p.y)]),
  }))
}

/** More digits than a pixel shows would only make the file larger. */
const rounded = (x: number): number => Math.round(x * 1000) / 1000

const legend = { bottom: 0, textStyle: { color: '#333' } } as const

function cloudCsv(study: Study): { head: string[]; rows: (string | number)[][] } {
  return {
    head: ['axis_1', 'axis_2', 'segment'],
    rows: study.pca.biplot.points.map((p) => [
      rounded(p.x),
      rounded(p.y),
      study.segments[p.segment]?.key ?? '',
    ]),
  }
}

/** Customers and features in one picture. */
export function biplot(page: Page, study: Study): string {
  const { points, arrows: ends } = study.pca.biplot
  const title = page.say('Customers and features together', 'Clients et variables ensemble')
  const reading = page.say(
    `${page.count(points.length)} customers drawn at random: who lies in the direction of an arrow has much of its feature.`,
    `${page.count(points.length)} clients tirés au hasard\u00A0: qui se trouve dans la direction d’une flèche a beaucoup de cette variable.`,
  )
  const height = 560
  const base = plane(page, height, boundsOf([...points, ...ends], NAMES))
  const picture = chart({
    id: 'biplot-chart',
    description: `${title}. ${reading}`,
    height: height + 28,
    option: {
      ...base,
      grid: { ...MARGIN, bottom: MARGIN.bottom + 28 },
      legend,
      series: [...cloud(page, study, 0.55), ...arrows(page, ends)],
    },
  })
  return page.figure({ id: 'biplot', title, picture, reading, csv: cloudCsv(study) })
}

/** Segments in the plane of the first two axes, with centroids and radii. */
export function segmentPlane(page: Page, study: Study): string {
  const { points, centroids } = study.pca.biplot
  const title = page.say('Where the segments lie', 'Où se situent les segments')
  const axes = study.pca.kept
  const flat =
    axes <= 2
      ? ''
      : page.say(
          ` The model sees ${axes} axes, so that segments which overlap here may lie apart there.`,
          ` Le modèle voit ${axes} axes\u00A0: des segments qui se recouvrent ici peuvent y être séparés.`,
        )
  const reading =
    page.say(
      'Diamonds are centroids, dashed circles their radii, within which 99\u00A0% of a segment’s customers lie.',
      'Les losanges sont les centroïdes, les cercles tiretés leurs rayons, où se trouvent 99\u00A0% des clients du segment.',
    ) + flat
  const seen = centroids.flatMap(({ x, y, radius }) => [
    { x: x - radius, y: y - radius },
    { x: x + radius, y: y + radius },
  ])
  const height = 560
  const marks: Series[] = centroids.map((c, k) => ({
    type: 'scatter',
    silent: true,
    symbol: 'diamond',
    symbolSize: 16,
    itemStyle: { color: page.colours[k] ?? '#333', borderColor: '#1d1d1f', borderWidth: 1.5 },
    data: [[c.x, c.y]],
  }))
  const picture = chart({
    id: 'plane-chart',
    description: `${title}. ${reading}`,
    height: height + 28,
    option: {
      ...plane(page, height, boundsOf([...points, ...seen])),
      grid: { ...MARGIN, bottom: MARGIN.bottom + 28 },
      legend,
      series: [
        ...cloud(page, study, 0.45),
        ...centroids.map((c, k) => outline(c, c.radius, page.colours[k] ?? '#333')),
        ...marks,
      ],
    },
  })
  return page.figure({ id: 'plane', title, picture, reading, csv: cloudCsv(study) })
}
