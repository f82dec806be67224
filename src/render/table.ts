export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string
  /** Numbers stand to the right. Default: left. */
  readonly align?: 'left' | 'right'
}

/** Characters a terminal shows, not UTF-16 units. Wide (East Asian) characters count as one. */
export function width(text: string): number {
  return Array.from(text).length
}

export function pad(text: string, to: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, to - width(text)))
  return align === 'left' ? text + space : space + text
}

/** Rows under their titles, columns as wide as their widest cell, two spaces between; no space at the ends of lines. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = rows.map((row) => columns.map((c) => c.value(row)))
  const lines = [columns.map((c) => c.title), ...cells]
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => width(line[i] ?? ''))))
  return lines
    .map((line) => line.map((cell, i) => pad(cell, widths[i] ?? 0, columns[i]?.align)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n')
}

/** Names in one column, values in the next: `k          4`. */
export function facts(entries: readonly (readonly [name: string, value: string])[]): string {
  const to = Math.max(0, ...entries.map(([name]) => width(name)))
  return entries.map(([name, value]) => `${pad(name, to)}  ${value}`).join('\n')
}
