import type { Study } from '../../app/study/study.ts'
import { chart, LEGEND, legendRoom, quietAxis, textWidth, type EChartsOption } from './chart.ts'
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

/** Axes on which a unit is as long across as upwards. */
interface Plane {
  readonly axes: Pick<EChartsOption, 'grid' | 'xAxis' | 'yAxis'>
  /** Pixels of a unit. */
  readonly scale: number
  /** Pixel across of x = 0. */
  readonly middle: number
}

/** A plane around what has to be seen. */
function planeOf(page: Page, height: number, seen: Bounds): Plane {
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
  const axes = {
    grid: MARGIN,
    xAxis: { ...axis(1), nameGap: 28, ...around(seen.x, across) },
    yAxis: { ...axis(2), nameGap: 36, ...around(seen.y, upwards) },
  }
  return { axes, scale: 1 / unit, middle: MARGIN.left - axes.xAxis.min / unit }
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
function arrows(page: Page, ends: readonly Point[], plane: Plane): Series[] {
  const shifts = apart(page, ends, plane)
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
          formatter: shortName(page, j),
          position: x < 0 ? 'left' : 'right',
          offset: shifts[j] ?? [0, 0],
          fontSize: NAME_SIZE,
          color: '#1d1d1f',
          textBorderColor: '#fff',
          textBorderWidth: 3,
          opacity: 1,
        },
      })),
    },
  ]
}

/** Pixels from one name to the next below it. */
const LINE_PIXELS = 13
const NAME_SIZE = 11
/** From the end of an arrow to its name. */
const NAME_GAP = 6

/** Longest name of a feature in a picture; tables have it whole. */
const NAME_CHARS = 28

function shortName(page: Page, j: number): string {
  const name = Array.from(page.features[j] ?? '')
  return name.length <= NAME_CHARS
    ? name.join('')
    : `${name
        .slice(0, NAME_CHARS - 1)
        .join('')
        .trimEnd()}…`
}

/** How far each name is shifted, in pixels, so that no two on one side lie on each other and none leaves the picture. */
function apart(
  page: Page,
  ends: readonly Point[],
  { scale, middle }: Plane,
): [right: number, down: number][] {
  const shifts = ends.map(({ x }, j): [number, number] => {
    const end = middle + x * scale
    const width = NAME_GAP + textWidth(shortName(page, j), NAME_SIZE)
    return [x < 0 ? Math.max(0, MARGIN.left + width - end) : Math.min(0, WIDTH - width - end), 0]
  })
  for (const left of [true, false]) {
    const side = ends
      .map(({ x, y }, j) => ({ j, left: x < 0, top: -y * scale }))
      .filter((name) => name.left === left)
      .sort((a, b) => a.top - b.top || a.j - b.j)
    const moved = spread(side.map((name) => name.top))
    side.forEach(({ j, top }, i) => {
      const shift = shifts[j]
      if (shift !== undefined) shift[1] = (moved[i] as number) - top
    })
  }
  return shifts
}

/** Ascending places, a line apart and moved as little as that takes: isotonic regression of what is left of them (pooling neighbours). */
function spread(tops: readonly number[]): number[] {
  const blocks: { sum: number; count: number }[] = []
  for (const [i, top] of tops.entries()) {
    let block = { sum: top - i * LINE_PIXELS, count: 1 }
    for (
      let last = blocks.at(-1);
      last && last.sum / last.count > block.sum / block.count;
      last = blocks.at(-1)
    ) {
      blocks.pop()
      block = { sum: last.sum + block.sum, count: last.count + block.count }
    }
    blocks.push(block)
  }
  const lines = blocks.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count))
  return lines.map((line, i) => line + i * LINE_PIXELS)
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
  const plane = planeOf(page, height, { x: [-2, 2], y: [-1.05, 1.05] })
  const picture = chart({
    id: 'circle-chart',
    description: `${title}. ${reading}`,
    height,
    option: {
      ...plane.axes,
      series: [outline({ x: 0, y: 0 }, 1, '#767676'), ...arrows(page, ends, plane)],
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

/** Points in a picture; more would make the file large and show no more. */
const POINTS_DRAWN = 700

/** The users drawn: of a sample that is too large every nth, for its order means nothing. */
function drawn({ pca: { biplot } }: Study): Study['pca']['biplot']['points'] {
  const step = Math.ceil(biplot.points.length / POINTS_DRAWN)
  return biplot.points.filter((_, i) => i % step === 0)
}

function cloud(page: Page, study: Study, opacity: number): Series[] {
  const points = drawn(study)
  return study.segments.map((s, k) => ({
    type: 'scatter',
    name: page.name(s.key),
    symbolSize: 5,
    silent: true,
    itemStyle: { color: page.colour(s.key), opacity },
    data: points.filter((p) => p.segment === k).map((p) => [rounded(p.x), rounded(p.y)]),
  }))
}

/** More digits than a pixel shows would only make the file larger. */
const rounded = (x: number): number => Math.round(x * 1000) / 1000

function cloudCsv(study: Study): { head: string[]; rows: (string | number)[][] } {
  return {
    head: ['axis_1', 'axis_2', 'segment'],
    rows: drawn(study).map((p) => [rounded(p.x), rounded(p.y), study.segments[p.segment]?.key ?? '']),
  }
}

/** Customers and features in one picture. */
export function biplot(page: Page, study: Study): string {
  const { arrows: ends } = study.pca.biplot
  const points = drawn(study)
  const title = page.say('Customers and features together', 'Clients et variables ensemble')
  const reading = page.say(
    `${page.count(points.length)} customers drawn at random: who lies in the direction of an arrow has much of its feature.`,
    `${page.count(points.length)} clients tirés au hasard\u00A0: qui se trouve dans la direction d’une flèche a beaucoup de cette variable.`,
  )
  const height = 560
  const plane = planeOf(page, height, boundsOf([...points, ...ends], NAMES))
  const room = legendRoom(page.names)
  const picture = chart({
    id: 'biplot-chart',
    description: `${title}. ${reading}`,
    height: height + room,
    option: {
      ...plane.axes,
      grid: { ...MARGIN, bottom: MARGIN.bottom + room },
      legend: LEGEND,
      series: [...cloud(page, study, 0.55), ...arrows(page, ends, plane)],
    },
  })
  return page.figure({ id: 'biplot', title, picture, reading, csv: cloudCsv(study) })
}

/** Segments in the plane of the first two axes, with centroids and radii. */
export function segmentPlane(page: Page, study: Study): string {
  const { centroids } = study.pca.biplot
  const points = drawn(study)
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
  const room = legendRoom(page.names)
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
    height: height + room,
    option: {
      ...planeOf(page, height, boundsOf([...points, ...seen])).axes,
      grid: { ...MARGIN, bottom: MARGIN.bottom + room },
      legend: LEGEND,
      series: [
        ...cloud(page, study, 0.45),
        ...centroids.map((c, k) => outline(c, c.radius, page.colours[k] ?? '#333')),
        ...marks,
      ],
    },
  })
  return page.figure({ id: 'plane', title, picture, reading, csv: cloudCsv(study) })
}
