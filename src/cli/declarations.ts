import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { parse as parseYaml } from 'yaml'
import { parseMapping, type Mapping } from '../domain/events/mapping.ts'
import { parseFeatureSet, type FeatureSet } from '../domain/features/feature-set.ts'
import { fail } from '../errors.ts'
import { packagePath } from './package-path.ts'

/** Used where none is named. */
export const FEATURE_SET_DEFAULT = 'seed'

/** Kinds of declarations that come with the package: `models/<kind>/<name>.json`. */
export type BuiltinKind = 'feature-sets' | 'mappings'

/** Names of the built-in declarations of a kind, in order. */
export function builtinNames(kind: BuiltinKind): string[] {
  const folder = packagePath(`models/${kind}`)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort()
}

interface Declaration {
  readonly path: string
  readonly value: unknown
}

/**
 * A built-in by name, or a file of JSON, or of YAML by its ending: a bare name that exists among the built-ins is one, everything else is a path. Throws
 * `file-missing`, `file-unreadable`, or `code` where the file is neither.
 */
function loadDeclaration(
  kind: BuiltinKind,
  ref: string,
  code: 'feature-set-invalid' | 'mapping-invalid',
): Declaration {
  const names = builtinNames(kind)
  const path = names.includes(ref) ? packagePath(`models/${kind}/${ref}.json`) : ref
  const text = readText(path, `; built in: ${names.join(', ')}`)
  if (/\.ya?ml$/.test(path)) return { path, value: yamlOf(text, path, code) }
  try {
    return { path, value: JSON.parse(text) }
  } catch (error) {
    return fail(code, `${path}${placeOf(text, error)}: not JSON`, error)
  }
}

function yamlOf(text: string, path: string, code: 'feature-set-invalid' | 'mapping-invalid'): unknown {
  try {
    return parseYaml(text)
  } catch (error) {
    // its first line says what is wrong and where; the rest quotes the file
    const [what] = (error as Error).message.split('\n')
    return fail(code, `${path}: not YAML: ${what}`, error)
  }
}

/** `:line:column` of what JSON.parse stumbled over; nothing where its message does not say. */
function placeOf(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  const said = /at position (\d+)/.exec(message)?.[1]
  const position = said ?? (message.includes('end of JSON') ? text.length : undefined)
  if (position === undefined) return ''
  const before = text.slice(0, Number(position)).split('\n')
  return `:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`
}

/** The feature set of a built-in name or a file; throws `feature-set-invalid` beside what `loadDeclaration` throws. */
export function loadFeatureSet(ref: string): FeatureSet {
  const { path, value } = loadDeclaration('feature-sets', ref, 'feature-set-invalid')
  return parseFeatureSet(value, path)
}

/** The mapping of a built-in name or a file; throws `mapping-invalid` beside what `loadDeclaration` throws. */
export function loadMapping(ref: string): Mapping {
  const { path, value } = loadDeclaration('mappings', ref, 'mapping-invalid')
  return parseMapping(value, path)
}

/** The text of a file; `hint` ends the message where there is none. */
export function readText(path: string, hint = ''): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return fail('file-missing', `${path}: not found${hint}`)
    return fail('file-unreadable', `${path}: ${code}`, error)
  }
}
