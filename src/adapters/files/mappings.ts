import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SegmentationError, fail } from '../../errors.ts'
import { parseMapping } from '../../domain/events/mapping.ts'
import type { Mapping } from '../../domain/events/mapping.ts'
import { fileError } from './bytes.ts'

/** The mappings that come with the package. */
const BUILT_IN_DIR = fileURLToPath(new URL('../../../models/mappings/', import.meta.url))
const SUFFIX = '.json'

/** Names of the mappings that come with the package, sorted. */
export async function builtInMappings(): Promise<string[]> {
  const names = await readdir(BUILT_IN_DIR)
  return names
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length))
    .sort()
}

/**
 * A mapping by the name of a built-in one, or by file: anything with a slash or ending in `.json`. Rejects with
 * `mapping-invalid` or `file-missing`.
 */
export async function loadMapping(ref: string): Promise<Mapping> {
  const isFile = ref.includes('/') || ref.endsWith(SUFFIX)
  const path = isFile ? ref : join(BUILT_IN_DIR, ref + SUFFIX)
  const text = await readFile(path, 'utf8').catch((error: unknown) => unreadable(ref, isFile, error))
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return fail('mapping-invalid', `${ref}: is not JSON (${(error as Error).message})`, error)
  }
  return parseMapping(value, ref)
}

async function unreadable(ref: string, isFile: boolean, error: unknown): Promise<never> {
  const coded: SegmentationError = fileError(ref, error)
  if (isFile || coded.code !== 'file-missing') throw coded
  const known = await builtInMappings()
  return fail(
    'file-missing',
    `there is no mapping ${ref}; built in are ${known.join(', ')}, a file ends in ${SUFFIX}`,
  )
}
