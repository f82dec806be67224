import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { SegmentationError, fail } from '../../errors.ts'
import type { BundleEntry, BundleStore } from '../../ports/bundles.ts'
import { bundleCard } from '../../domain/segments/card.ts'
import { checkBundle, issuesText, type Bundle } from '../../domain/segments/bundle.ts'
import { completeLabels } from '../../domain/segments/label.ts'
import { labelsSchema, type Labels } from '../../domain/segments/labels.ts'
import { OUTLIER } from '../../domain/segments/transition.ts'

export const MODEL_FILE = 'model.json'
export const LABELS_FILE = 'labels.json'
export const CARD_FILE = 'card.md'
export const ALIASES_FILE = 'aliases.json'

/** Shortest beginning of a version that is looked up. */
const VERSION_PREFIX_LENGTH = 6

/**
 * Bundles as folders of `model.json`, `labels.json` and `card.md`. A reference is a folder, a model file, a folder's name
 * below `root`, an alias of `root`'s `aliases.json`, or (the beginning of) a version found below `root`. A folder without labels
 * gets plain ones made of its keys.
 */
export function openBundleFiles(root = 'models'): BundleStore {
  return {
    async load(ref) {
      const file = await findModel(ref, root)
      const bundle = checkBundle(await readJson(file), file)
      const dir = dirname(file)
      return { bundle, labels: await readLabels(join(dir, LABELS_FILE), bundle), dir }
    },
    async save(bundle, labels, dir) {
      await mkdir(dir, { recursive: true })
      await writeWhole(join(dir, LABELS_FILE), JSON.stringify(labels, null, 2) + '\n')
      await writeWhole(join(dir, CARD_FILE), bundleCard(bundle, labels))
      // last: a folder with a model.json is a whole bundle
      await writeWhole(join(dir, MODEL_FILE), JSON.stringify(bundle, null, 1) + '\n')
    },
    async list() {
      const aliases = Object.entries(await readAliases(root))
      const entries: BundleEntry[] = []
      for (const { name, file } of await modelsBelow(root)) {
        const bundle = checkBundle(await readJson(file), file)
        const own = aliases.flatMap(([alias, version]) => (version === bundle.version ? [alias] : []))
        entries.push({ name, bundle, aliases: own.sort() })
      }
      return entries
    },
    async alias(name, version) {
      if (!ALIAS.test(name))
        fail(
          'usage',
          `alias ${name}: expected lower-case letters, digits and dashes, a letter first, at most 64`,
        )
      if ((await modelsBelow(root)).some((m) => m.name === name))
        fail('usage', `alias ${name}: a bundle below ${root} has this name`)
      const others = Object.entries(await readAliases(root)).filter(([alias]) => alias !== name)
      const all = version === null ? others : [...others, [name, version] as const]
      const sorted = Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)))
      await writeWhole(join(root, ALIASES_FILE), JSON.stringify(sorted, null, 2) + '\n')
    },
  }
}

async function findModel(ref: string, root: string): Promise<string> {
  for (const path of [ref, join(root, ref)]) {
    const kind = await kindOf(path)
    if (kind === 'file') return path
    if (kind === 'folder' && (await kindOf(join(path, MODEL_FILE))) === 'file') return join(path, MODEL_FILE)
  }
  const version = (await readAliases(root))[ref] ?? ref
  if (/^[0-9a-f]+$/.test(version) && version.length >= VERSION_PREFIX_LENGTH) {
    const found = await findVersion(version, root)
    if (found.length > 1)
      fail('usage', `version ${version} is the beginning of several bundles: ${found.join(', ')}`)
    if (found[0] !== undefined) return found[0]
  }
  return fail(
    'file-missing',
    `no bundle at ${ref}: expected a folder with ${MODEL_FILE}, or a name, alias or version below ${root}`,
  )
}

async function findVersion(prefix: string, root: string): Promise<string[]> {
  const found: string[] = []
  for (const { file } of await modelsBelow(root)) {
    const value = await readJson(file)
    const version = (value as { version?: unknown } | null)?.version
    if (typeof version === 'string' && version.startsWith(prefix)) found.push(file)
  }
  return found
}

async function modelsBelow(root: string): Promise<{ name: string; file: string }[]> {
  const names = (await kindOf(root)) === 'folder' ? (await readdir(root)).sort() : []
  const found: { name: string; file: string }[] = []
  for (const name of names) {
    const file = join(root, name, MODEL_FILE)
    if ((await kindOf(file)) === 'file') found.push({ name, file })
  }
  return found
}

const ALIAS = /^[a-z][a-z0-9-]{0,63}$/
const aliasesSchema = z.record(z.string().regex(ALIAS), z.string().regex(/^[0-9a-f]{64}$/))

async function readAliases(root: string): Promise<Record<string, string>> {
  const file = join(root, ALIASES_FILE)
  if ((await kindOf(file)) !== 'file') return {}
  const parsed = aliasesSchema.safeParse(await readJson(file))
  if (!parsed.success) return fail('bundle-invalid', `${file}: ${issuesText(parsed.error)}`)
  return parsed.data
}

async function readLabels(file: string, bundle: Bundle): Promise<Labels> {
  const keys = bundle.segments.map((s) => s.key)
  if ((await kindOf(file)) !== 'file') return completeLabels(keys)
  const parsed = labelsSchema.safeParse(await readJson(file))
  if (!parsed.success) return fail('bundle-invalid', `${file}: ${issuesText(parsed.error)}`)
  const stranger = Object.keys(parsed.data).find((key) => key !== OUTLIER && !keys.includes(key))
  if (stranger !== undefined) {
    fail(
      'bundle-invalid',
      `${file}: "${stranger}" is no segment of the bundle, expected one of ${keys.join(', ')}`,
    )
  }
  return completeLabels(keys, parsed.data)
}

async function readJson(file: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    return fail('file-unreadable', `${file}: ${codeOf(error)}`, error)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    return fail(
      'bundle-invalid',
      `${file}: not JSON: ${error instanceof Error ? error.message : String(error)}`,
      error,
    )
  }
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'none'> {
  try {
    const s = await stat(path)
    return s.isDirectory() ? 'folder' : 'file'
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'none'
    return fail('file-unreadable', `${path}: ${code}`, error)
  }
}

/** Whole or not at all: a crash leaves the former file. */
async function writeWhole(file: string, text: string): Promise<void> {
  const tmp = `${file}.${process.pid}.tmp`
  try {
    await writeFile(tmp, text, { flush: true })
    await rename(tmp, file)
  } catch (error) {
    await rm(tmp, { force: true })
    throw new SegmentationError(
      codeOf(error) === 'ENOSPC' ? 'disk-full' : 'disk-error',
      `${file}: ${codeOf(error)}`,
      error,
    )
  }
}

function codeOf(error: unknown): string {
  return (error as { code?: string } | null)?.code ?? String(error)
}
