import type { Source } from './source.ts'

export const MAX_FILE_LINES = 400
export const MAX_FUNCTION_LINES = 70

export function tooLong(sources: readonly Source[]): string[] {
  return sources.filter((s) => s.lines > MAX_FILE_LINES).map((s) => `${s.path}: ${s.lines} lines`)
}

export function longFunctions(sources: readonly Source[]): string[] {
  return sources.flatMap((s) =>
    s.functions
      .filter((f) => f.lines > MAX_FUNCTION_LINES)
      .map((f) => `${s.path}:${f.line} function of ${f.lines} lines`),
  )
}

export function medianLines(sources: readonly Source[]): number {
  const lines = sources.map((s) => s.lines).sort((a, b) => a - b)
  return lines[lines.length >> 1] ?? 0
}

/** Each cycle of imports once, as the path that closes it. */
export function cycles(sources: readonly Source[]): string[] {
  const graph = graphOf(sources)
  const state = new Map<string, 'open' | 'closed'>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    state.set(path, 'open')
    for (const next of graph.get(path) ?? []) {
      if (state.get(next) === 'open') found.push([...trail.slice(trail.indexOf(next)), next].join(' → '))
      else if (!state.has(next)) visit(next, [...trail, next])
    }
    state.set(path, 'closed')
  }
  for (const { path } of sources) if (!state.has(path)) visit(path, [path])
  return found
}

/** Files that nothing reaches from `entry`, types included. */
export function unreached(sources: readonly Source[], entry: string): string[] {
  const graph = graphOf(sources)
  const reached = new Set<string>([entry])
  for (const path of reached) for (const next of graph.get(path) ?? []) reached.add(next)
  return sources.map((s) => s.path).filter((path) => !reached.has(path))
}

/** Imports of files that do not exist among the sources. */
export function unresolved(sources: readonly Source[]): string[] {
  const known = new Set(sources.map((s) => s.path))
  return sources.flatMap((s) =>
    s.imports.flatMap((i) =>
      i.path !== undefined && !known.has(i.path) ? [`${s.path}:${i.line} imports ${i.path}`] : [],
    ),
  )
}

function graphOf(sources: readonly Source[]): Map<string, string[]> {
  return new Map(
    sources.map((s) => [s.path, s.imports.flatMap((i) => (i.path === undefined ? [] : [i.path]))]),
  )
}
