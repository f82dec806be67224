import type { Source } from './source.ts'

/** The house from the ground up. A file imports from its own layer and from those before it. */
export const LAYERS = [
  'errors',
  'domain/base',
  'domain/events',
  'domain/features',
  'domain/model',
  'domain/segments',
  'domain/profile',
  'ports',
  'adapters',
  'app',
  'config',
  'compose',
  'render',
  'http',
  'cli',
  'main',
] as const
export type Layer = (typeof LAYERS)[number]

/** Single files that are layers or parts of one. */
const FILES: Readonly<Record<string, Layer>> = {
  'src/errors.ts': 'errors',
  'src/config.ts': 'config',
  'src/layered-config.ts': 'config',
  'src/live-config.ts': 'config',
  'src/live.ts': 'compose',
  'src/state-view.ts': 'compose',
  'src/live-schemas.ts': 'compose',
  'src/live-access.ts': 'compose',
  'src/live-replay.ts': 'compose',
  'src/live-events.ts': 'compose',
  'src/live-sample.ts': 'compose',
  'src/first-start.ts': 'compose',
  'src/compose.ts': 'compose',
  'src/main.ts': 'main',
}

export function layerOf(path: string): Layer | undefined {
  return FILES[path] ?? LAYERS.find((layer) => path.startsWith(`src/${layer}/`))
}

/** Imports that go up, or sideways where a door would look into another. */
export function layerViolations(sources: readonly Source[]): string[] {
  return sources.flatMap((s) => {
    const own = layerOf(s.path)
    if (own === undefined) return [`${s.path}: stands in no layer of the house`]
    return s.imports.flatMap((i) => {
      if (i.path === undefined) return []
      const complaint = judge(s.path, own, i.path)
      return complaint === undefined ? [] : [`${s.path}:${i.line} imports ${i.path}: ${complaint}`]
    })
  })
}

function judge(from: string, own: Layer, to: string): string | undefined {
  const other = layerOf(to)
  if (other === undefined) return 'outside the layers'
  if (LAYERS.indexOf(other) > LAYERS.indexOf(own)) return `${other} is above ${own}`
  if (own === 'app' && other === 'adapters') return 'app knows ports, never adapters'
  if (own === 'adapters' && other === 'adapters' && door(from) !== door(to))
    return 'one adapter never imports another'
  return undefined
}

const door = (path: string): string | undefined => path.split('/')[2]

const GROUND_PACKAGES = /^(zod|ml-matrix|@noble\/hashes\/.+)$/
/** Charts as text: a function of their options where nothing moves. */
const RENDER_PACKAGES = /^echarts(\/dist\/echarts\.esm\.min\.mjs)?$/

/** Packages that a file may not import: the ground floor has a short list, everybody else what the manifest declares. */
export function packageViolations(sources: readonly Source[], declared: readonly string[]): string[] {
  return sources.flatMap((s) =>
    s.imports.flatMap(({ from, path, line }) => {
      if (path !== undefined)
        return from.endsWith('.ts') ? [] : [`${s.path}:${line} ${from}: relative imports end in .ts`]
      const place = `${s.path}:${line} imports ${from}`
      const drawn = s.path.startsWith('src/render/') && RENDER_PACKAGES.test(from)
      if (isPure(s.path) && !drawn)
        return GROUND_PACKAGES.test(from) ? [] : [`${place}: not allowed on the ground floor`]
      if (from.startsWith('node:')) return []
      const name = from.split('/', from.startsWith('@') ? 2 : 1).join('/')
      return declared.includes(name) ? [] : [`${place}: not among the dependencies`]
    }),
  )
}

/** Ground floor, frames, cellar and rendering: no clock, no chance, no input or output. */
export function isPure(path: string): boolean {
  return /^src\/(domain|ports|render)\//.test(path) || path === 'src/errors.ts'
}

const IMPURE = [
  'Date.now',
  'new Date()',
  'Date()',
  'Math.random',
  'process',
  'console',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'Buffer',
  'crypto',
  'fetch',
  'globalThis',
  'require',
  'Intl',
  '.localeCompare',
  '.toLocaleString',
  '.toLocaleLowerCase',
  '.toLocaleUpperCase',
]

/** Clock, chance, machine and locale where only arguments may decide. */
export function purityViolations(sources: readonly Source[]): string[] {
  return sources
    .filter((s) => isPure(s.path))
    .flatMap((s) =>
      s.uses.flatMap((u) => {
        const asMethod = u.name.includes('.') ? u.name.slice(u.name.indexOf('.')) : u.name
        const found = [u.name, asMethod].find((name) => IMPURE.includes(name))
        return found === undefined ? [] : [`${s.path}:${u.line} uses ${u.name}`]
      }),
    )
}
