/** Text as HTML, in elements and in quoted attributes. */
export function esc(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

export interface Cell {
  readonly text: string
  /** Background, −1 (blue) to 1 (orange). */
  readonly heat?: number
  /** Not to be told from nothing. */
  readonly muted?: boolean
  /** Square of this colour before the text. */
  readonly colour?: string
}

export interface TableSpec {
  readonly caption: string
  readonly head: readonly string[]
  /** The first cell of a row is its title. */
  readonly rows: readonly (readonly (string | Cell)[])[]
  /** Columns of text beside the first; all others hold numbers and stand to the right. */
  readonly words?: readonly number[]
  /** `small` for many columns, `matrix` for very many. */
  readonly size?: 'small' | 'matrix'
}

/** A table that scrolls sideways where it is wider than the page. */
export function table({ caption, head, rows, words = [], size }: TableSpec): string {
  const kind = (j: number): string => (j === 0 || words.includes(j) ? '' : ' class="n"')
  const titles = head.map((t, j) => `<th scope="col"${kind(j)}>${esc(t)}</th>`).join('')
  const body = rows
    .map((row) => `<tr>${row.map((cell, j) => cellHtml(cell, j, words.includes(j))).join('')}</tr>`)
    .join('\n')
  return (
    `<div class="scroll" role="region" tabindex="0" aria-label="${esc(caption)}">` +
    `<table${size === undefined ? '' : ` class="${size}"`}><caption class="vh">${esc(caption)}</caption>` +
    `<thead><tr>${titles}</tr></thead><tbody>\n${body}\n</tbody></table></div>`
  )
}

function cellHtml(given: string | Cell, j: number, isText: boolean): string {
  const cell = typeof given === 'string' ? { text: given } : given
  const square = cell.colour === undefined ? '' : `<i class="key" style="background:${esc(cell.colour)}"></i>`
  const text = square + esc(cell.text)
  if (j === 0) return `<th scope="row">${text}</th>`
  const classes = [...(isText ? [] : ['n']), ...(cell.muted ? ['muted'] : [])].join(' ')
  const style = cell.heat === undefined ? '' : ` style="background:${heatColour(cell.heat)}"`
  return `<td${classes === '' ? '' : ` class="${classes}"`}${style}>${text}</td>`
}

/** Dark text stays readable on all of them (contrast above 7). */
const COLD = [150, 195, 230] as const
const WARM = [250, 196, 120] as const

/** −1 … 1 → blue, white, orange: a scale that colour-blind readers tell apart. */
export function heatColour(value: number): string {
  const strength = Math.min(1, Math.abs(value))
  const end = value < 0 ? COLD : WARM
  const part = end.map((c) => Math.round(255 + (c - 255) * strength))
  return `rgb(${part.join(',')})`
}

/** Lines of CSV (RFC 4180). Numbers have a decimal point whatever the language, so that a program can read them. */
export function csv(head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const field = (value: string | number | null): string => {
    const text = value === null ? '' : String(value)
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return [head, ...rows].map((row) => `${row.map(field).join(',')}\n`).join('')
}

/** A CSV file as a link of its own bytes. */
export function dataLink(text: string): string {
  return `data:text/csv;charset=utf-8,${esc(encodeURI(text).replaceAll('#', '%23'))}`
}

export const paragraph = (text: string): string => `<p>${esc(text)}</p>`

export function list(items: readonly string[]): string {
  return `<ul>${items.map((text) => `<li>${esc(text)}</li>`).join('')}</ul>`
}
