// The text of a terminal as a picture: an SVG that needs no font but a monospaced one.
const CHAR = 7.6
const LINE = 19
const MARGIN = 20
const FONT_SIZE = 12.5

const COLOURS = {
  paper: '#10151c',
  ink: '#d5dde6',
  head: '#7fb3e6',
  good: '#6cc98a',
  bad: '#ef7f7a',
  bar: '#e0b45c',
}

/** What stands out, the first that matches wins. */
const MARKS = [
  [/[▁▂▃▄▅▆▇█]+/y, COLOURS.bar],
  [/✓/y, COLOURS.good],
  [/✗/y, COLOURS.bad],
  [/▸ +\d+/y, COLOURS.good],
  [/npx segmentation [\w-]+/y, COLOURS.good],
  [/(?<=^ ?|  )(?:\d+ )?[A-Z]{3,}(?: [A-Z\d]+)*\b/y, COLOURS.head],
]

/** Lines longer than `columns` are cut. */
export function pictureOf(text, columns) {
  const lines = text.split('\n').map((line) => cut(line, columns))
  const width = Math.ceil(columns * CHAR + 2 * MARGIN)
  const height = lines.length * LINE + 2 * MARGIN
  const rows = lines.map((line, i) => row(line, MARGIN + (i + 0.75) * LINE)).filter((line) => line !== '')
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="What the demo prints">`,
    `<rect width="${width}" height="${height}" rx="8" fill="${COLOURS.paper}"/>`,
    `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${FONT_SIZE}" fill="${COLOURS.ink}">`,
    ...rows,
    '</g></svg>',
    '',
  ].join('\n')
}

function cut(line, columns) {
  const chars = Array.from(line)
  return chars.length <= columns ? line : `${chars.slice(0, columns - 1).join('')}…`
}

/** Runs of text where they stand in the line, each as wide as its characters, whatever the font makes of them. */
function row(line, y) {
  const parts = []
  for (const { text, at, colour } of runs(line)) {
    if (text.trim() === '') continue
    const lead = text.length - text.trimStart().length
    const shown = Array.from(text.trim())
    const x = (MARGIN + (Array.from(line.slice(0, at)).length + lead) * CHAR).toFixed(1)
    const fill = colour === undefined ? '' : ` fill="${colour}"`
    parts.push(
      `<text x="${x}" y="${y}" textLength="${(shown.length * CHAR).toFixed(1)}" lengthAdjust="spacingAndGlyphs"${fill} xml:space="preserve">${escaped(shown.join(''))}</text>`,
    )
  }
  return parts.join('')
}

/** Marked runs, and the words between them: where two spaces or more stand, a new run begins. */
function* runs(line) {
  let from = 0
  for (let at = 0; at < line.length;) {
    const mark = markAt(line, at)
    const gap = /  +/y
    gap.lastIndex = at
    const space = mark === undefined ? gap.exec(line)?.[0].length : undefined
    if (mark === undefined && space === undefined) {
      at++
      continue
    }
    if (at > from) yield { text: line.slice(from, at), at: from, colour: undefined }
    if (mark !== undefined) yield { text: mark.text, at, colour: mark.colour }
    at += mark?.text.length ?? space
    from = at
  }
  if (from < line.length) yield { text: line.slice(from), at: from, colour: undefined }
}

function markAt(line, at) {
  for (const [pattern, colour] of MARKS) {
    pattern.lastIndex = at
    const text = pattern.exec(line)?.[0]
    if (text !== undefined) return { text, colour }
  }
  return undefined
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
