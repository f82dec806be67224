import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { ROOT } from '../cli/run.ts'
import { promtool } from './promtool.ts'
import { strangers } from './queries.ts'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource?: { readonly uid: string }
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[]
}
interface Board {
  readonly uid: string
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] }
  readonly panels: readonly Panel[]
}

const FOLDER = join(ROOT, 'helm/files/dashboards')
const boards = readdirSync(FOLDER).map(
  (name) => [name, JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Board] as const,
)
/** What Grafana puts in before it asks. */
const filled = (query: string): string =>
  query.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, '.*')

describe.each(boards)('dashboard %s', (_name, board) => {
  const shown = board.panels.filter(({ type }) => type !== 'row')
  const queries = shown.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

  it('asks for metrics and labels that there are', () => {
    expect(queries.length).toBeGreaterThan(5)
    expect(queries.flatMap((query) => strangers(filled(query)))).toEqual([])
    const variables = board.templating.list.flatMap(({ definition }) => definition ?? [])
    expect(variables.flatMap((query) => strangers(filled(query)))).toEqual([])
  })

  it('asks in words that Prometheus understands', (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'segmentation-'))
    const path = join(folder, 'rules.yaml')
    const rules = queries.map((query, i) => ({ record: `panel:query:${i}`, expr: filled(query) }))
    writeFileSync(path, stringify({ groups: [{ name: 'panels', rules }] }))
    const { status, words } = promtool(context, ['check', 'rules', path])
    rmSync(folder, { recursive: true })
    expect({ status, words: status === 0 ? '' : words }).toEqual({ status: 0, words: '' })
  })

  it('asks whatever data source is chosen, and only for what is chosen', () => {
    expect(board.templating.list.map(({ name }) => name)).toEqual(['datasource', 'namespace', 'job'])
    const sources = shown.flatMap(({ datasource, targets = [] }) => [
      datasource?.uid,
      ...targets.map((target) => target.datasource.uid),
    ])
    expect(new Set(sources)).toEqual(new Set(['${datasource}']))
    for (const query of queries) {
      const asked = query.match(/\b(segmentation|process|nodejs)_\w+/g) ?? []
      expect(query.split('namespace=~"$namespace", job=~"$job"')).toHaveLength(asked.length + 1)
    }
  })

  it('has panels that lie beside one another', () => {
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length)
    const taken = new Set<string>()
    for (const { gridPos } of board.panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x}/${y}`)).toBe(false)
          taken.add(`${x}/${y}`)
        }
    }
  })
})
