import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'

const PATH = join(import.meta.dirname, 'RESULTS.md')

/** On what the long runs ran. */
export const MACHINE = `on ${cpus().length} cores shared by brokers, state, members and readers`

/** A row of a Markdown table. */
export const line = (cells: readonly unknown[]): string => `| ${cells.join(' | ')} |\n`

/** A Markdown table. */
export const table = (head: readonly string[], rows: readonly (readonly unknown[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(line).join('')

/** Writes what one of the long runs found beside it, in the place of what it found before. */
export function writeSection(title: string, text: string): void {
  const sections = new Map(
    readFileSync(PATH, 'utf8')
      .split(/^(?=# )/m)
      .map((section) => [/^# (.*)/.exec(section)?.[1] ?? '', section] as const),
  )
  sections.set(title, `# ${title}\n\n${text}`)
  writeFileSync(PATH, [...sections.values()].map((section) => `${section.trimEnd()}\n`).join('\n'))
}
