import type { EChartsOption } from 'echarts'
import { init, setPlatformAPI } from 'echarts/dist/echarts.esm.min.mjs'
import { esc } from './html.ts'

export type { EChartsOption }

export interface ChartSpec {
  /** Unique on the page. */
  readonly id: string
  /** What the picture shows, for those who do not see it. */
  readonly description: string
  readonly width?: number
  readonly height?: number
  readonly option: EChartsOption
}

export const TEXT_COLOUR = '#333'
export const LINE_COLOUR = '#0072B2'
export const GREY = '#767676'
/** Of a letter, in its font size: that of the widest usual font, so that texts never run into each other. */
const LETTER_WIDTH = 0.57
/** First of the letters that are as wide as high; the height of a line is measured by one. */
const FIRST_WIDE = '\u2E80'
const FONT_SIZE = 12

// there is no canvas to ask; what others would measure here they must not
setPlatformAPI({
  measureText: (text, font) => {
    const size = Number(/(\d+(?:\.\d+)?)px/.exec(font ?? '')?.[1] ?? FONT_SIZE)
    return { width: textWidth(text, size) }
  },
})

/** Pixels of a text in a font of that size. */
export function textWidth(text: string, size: number): number {
  return size * Array.from(text).reduce((sum, letter) => sum + (letter < FIRST_WIDE ? LETTER_WIDTH : 1), 0)
}

const WIDTH = 720
const HEIGHT = 320

/** Below the picture. */
export const LEGEND = { bottom: 0, textStyle: { color: TEXT_COLOUR } } as const
const LEGEND_LINE = 24
/** Of an entry's mark and the gap to the next. */
const LEGEND_MARK = 46

/** Pixels that a legend of these names takes below a picture. */
export function legendRoom(names: readonly string[]): number {
  const width = names.reduce((sum, name) => sum + LEGEND_MARK + textWidth(name, FONT_SIZE), 0)
  return LEGEND_LINE * Math.ceil(width / WIDTH)
}

/** Draws a chart as SVG text: the same option gives the same bytes, in whatever order charts are drawn. */
export function chart({ id, description, width = WIDTH, height = HEIGHT, option }: ChartSpec): string {
  const drawn = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    drawn.setOption({
      animation: false,
      textStyle: { fontFamily: 'inherit', color: TEXT_COLOUR },
      backgroundColor: 'transparent',
      ...option,
    })
    return framed(drawn.renderToSVGString(), { id, description, width, height })
  } finally {
    drawn.dispose()
  }
}

/** Ids of a renderer count up within a process; what is for a pointer is left out. */
function framed(
  svg: string,
  { id, description, width, height }: Required<Omit<ChartSpec, 'option'>>,
): string {
  const inner = svg
    .slice(svg.indexOf('>') + 1)
    .replace(/<style ?>[\s\S]*?<\/style>/g, '')
    .replace(/zr\d+-/g, `${id}-`)
    .replace(/ (ecmeta_\w+|class|pointer-events|xml:space)="[^"]*"/g, '')
    // the page's own font
    .replace(/font-family:[^;]*;/g, '')
  return (
    `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `role="img" aria-label="${esc(description)}">${inner}`
  )
}

/** Axes in one look. */
export const quietAxis = {
  axisLine: { lineStyle: { color: GREY } },
  axisLabel: { color: TEXT_COLOUR, fontSize: 12 },
  nameTextStyle: { color: TEXT_COLOUR, fontSize: 12 },
  splitLine: { lineStyle: { color: '#e4e4e4' } },
} as const
