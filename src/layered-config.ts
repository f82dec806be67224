import { LineCounter, parse as parseYaml, parseDocument } from 'yaml'
import { z } from 'zod'
import { fail } from './errors.ts'

/** A value on the command line. */
export interface FlagValue {
  /** As it was written, such as `--member`. */
  readonly flag: string
  readonly value: unknown
}

/** Where a config comes from, each layer above the one before it: defaults ← file ← environment ← flags. */
export interface ConfigLayers {
  /** YAML or JSON. */
  readonly file?: { readonly text: string; readonly place: string } | undefined
  /** Variables named `SEGMENTATION_…` take part, all others are none of our business. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
  /** Text of the file that a `SEGMENTATION_…_FILE` variable names; throws `file-missing` or `file-unreadable`. */
  readonly readSecret?: ((path: string) => string) | undefined
  /** By dotted path. */
  readonly flags?: Readonly<Record<string, FlagValue>> | undefined
}

export interface Layered<T> {
  readonly config: T
  /** By dotted path of a value: `default`, the file's place, a variable or a flag. */
  readonly origins: ReadonlyMap<string, string>
}

/** A value of a config that has a name of its own: everything that is no object. */
export interface ConfigLeaf {
  /** Dotted: `kafka.minInsyncReplicas`. */
  readonly path: string
  /** `SEGMENTATION_KAFKA_MIN_INSYNC_REPLICAS`; with `_FILE` at its end it names a file that holds the value. */
  readonly variable: string
  /** Types in words of JSON Schema. */
  readonly types: readonly string[]
  /** Its schema says `writeOnly`: never shown. */
  readonly secret: boolean
}

const PREFIX = 'SEGMENTATION_'
const FILE_SUFFIX = '_FILE'
/** Variables of that prefix that are no part of a config. */
const OTHER_VARIABLES = /^SEGMENTATION_(DEBUG|KAFKA_REPAIRS_OFF|TEST_.*)$/
/** What Kubernetes gives every pod beside a service that is called `segmentation…`. */
const SERVICE_LINKS = /_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT|PORT_\d+_(TCP|UDP)(_.*)?)$/

type JsonSchema = z.core.JSONSchema.BaseSchema

/** The values that a schema of objects knows. */
export function configLeaves(schema: z.ZodType): ConfigLeaf[] {
  const found = new Map<string, ConfigLeaf>()
  collect(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), [], found)
  return [...found.values()]
}

function collect(schema: JsonSchema, path: readonly string[], out: Map<string, ConfigLeaf>): void {
  const shapes = alternatives(schema)
  const objects = shapes.filter((s) => s.properties !== undefined)
  for (const { properties = {} } of objects) {
    for (const [name, value] of Object.entries(properties))
      if (typeof value !== 'boolean') collect(value, [...path, name], out)
  }
  if (objects.length > 0 || path.length === 0) return
  const key = path.join('.')
  const types = shapes.flatMap((s) => s.type ?? (s.enum ?? [s.const]).map((v) => typeof v))
  const before = out.get(key)
  out.set(key, {
    path: key,
    variable:
      PREFIX + path.map((part) => part.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase()).join('_'),
    types: [...new Set([...(before?.types ?? []), ...types])],
    secret: schema.writeOnly === true || before?.secret === true,
  })
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  const options = schema.anyOf ?? schema.oneOf
  if (options === undefined) return [schema]
  return options.flatMap((o) => (typeof o === 'boolean' ? [] : alternatives(o)))
}

/**
 * A config from its layers. Objects are merged by name; everything else, lists too, is replaced as a whole. An empty variable
 * counts as none. Throws `config-invalid` with all that is wrong at once, each with its place.
 */
export function layeredConfig<S extends z.ZodType>(schema: S, layers: ConfigLayers): Layered<z.output<S>> {
  const leaves = configLeaves(schema)
  const errors: string[] = []
  const origins = new Map<string, string>()
  const merged = fileValue(layers, errors)
  for (const path of pathsOf(merged)) origins.set(path, layers.file?.place ?? '')
  const put = (path: string, value: unknown, origin: string): void => {
    setAt(merged, path.split('.'), value)
    for (const known of origins.keys()) if (known.startsWith(`${path}.`)) origins.delete(known)
    origins.set(path, origin)
  }
  for (const { path, value, variable } of fromEnvironment(leaves, layers, errors)) put(path, value, variable)
  for (const [path, { flag, value }] of Object.entries(layers.flags ?? {})) put(path, value, flag)

  const parsed = schema.safeParse(merged)
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const path = issue.path.map(String)
      const origin = originOf(path.join('.'), origins) ?? layers.file?.place
      errors.push(
        `${path.join('.') || 'the file'}: ${issue.message}${origin === undefined ? '' : ` (${origin})`}`,
      )
    }
  }
  if (errors.length > 0 || !parsed.success) return fail('config-invalid', errors.join('; '))
  const known = pathsOf(parsed.data).map((path) => [path, originOf(path, origins) ?? 'default'] as const)
  return { config: parsed.data, origins: new Map(known) }
}

function fileValue({ file }: ConfigLayers, errors: string[]): Record<string, unknown> {
  if (file === undefined) return {}
  const value = yamlValue(file.text, file.place)
  if (isRecord(value)) return value
  // an empty file, or one of comments alone, is a config that leaves everything to the other layers
  if (value !== null) errors.push(`${file.place}: expected names with values`)
  return {}
}

const QUOTING = 'a value with ":", "#", "*", "!" and the like goes in quotes'

/** What is no YAML is named by its place alone: the library's own words quote the file, and the line may hold a secret. */
function yamlValue(text: string, place: string): unknown {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const wrong = document.errors[0] ?? document.warnings[0]
  if (wrong !== undefined) {
    const { line, col } = lineCounter.linePos(wrong.pos[0])
    const what = wrong.code.toLowerCase().replaceAll('_', ' ')
    return fail('config-invalid', `${place}: line ${line}, column ${col}: ${what}; ${QUOTING}`)
  }
  try {
    return document.toJS()
  } catch {
    return fail('config-invalid', `${place}: a "*" that names nothing; ${QUOTING}`)
  }
}

interface Given {
  readonly path: string
  readonly variable: string
  readonly value: unknown
}

function fromEnvironment(leaves: readonly ConfigLeaf[], layers: ConfigLayers, errors: string[]): Given[] {
  const { environment = {}, readSecret } = layers
  const set = Object.entries(environment).filter(([name, text]) => name.startsWith(PREFIX) && text)
  const byVariable = new Map(leaves.map((leaf) => [leaf.variable, leaf]))
  const given = new Map<string, Given>()
  for (const [variable, text] of set.sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (OTHER_VARIABLES.test(variable)) continue
    const direct = byVariable.get(variable)
    const named = variable.endsWith(FILE_SUFFIX)
      ? byVariable.get(variable.slice(0, -FILE_SUFFIX.length))
      : undefined
    const leaf = direct ?? named
    if (leaf === undefined) {
      if (!SERVICE_LINKS.test(variable)) errors.push(`${variable}: no value of the config has this name`)
      continue
    }
    const former = given.get(leaf.path)
    if (former !== undefined) {
      errors.push(`${variable}: given beside ${former.variable}, expected one of them`)
      continue
    }
    const content = direct === undefined ? readSecret?.(text ?? '').replace(/\r?\n$/, '') : text
    given.set(leaf.path, { path: leaf.path, variable, value: valueOf(content ?? '', leaf) })
  }
  return [...given.values()]
}

/** A variable's text as the type that its place asks for; what does not fit stays text, and the schema says what it expected. */
function valueOf(text: string, { types }: ConfigLeaf): unknown {
  const list = types.includes('array')
  if (types.includes('string') && !list) return text
  if (list && !/^\s*[[{-]/.test(text)) return text.split(',').map((part) => part.trim())
  try {
    return parseYaml(text)
  } catch {
    return text
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Dotted paths of everything that is no object. */
function pathsOf(value: unknown, path: readonly string[] = []): string[] {
  if (isRecord(value)) return Object.entries(value).flatMap(([name, v]) => pathsOf(v, [...path, name]))
  return path.length === 0 ? [] : [path.join('.')]
}

function setAt(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path
  if (rest.length === 0) into[name] = value
  else {
    if (!isRecord(into[name])) into[name] = {}
    setAt(into[name] as Record<string, unknown>, rest, value)
  }
}

/** Of the value itself, or of the list that it stands in. */
function originOf(path: string, origins: ReadonlyMap<string, string>): string | undefined {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const origin = origins.get(at)
    if (origin !== undefined) return origin
  }
  return undefined
}
