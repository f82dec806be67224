import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { EmbeddedOutlet } from '../../src/adapters/embedded/outlet.ts'
import { EmbeddedReader } from '../../src/adapters/embedded/reader.ts'
import {
  openRunFolder,
  type RunFolder,
  type RunFolderOptions,
} from '../../src/adapters/embedded/run-folder.ts'
import { EmbeddedStore } from '../../src/adapters/embedded/store.ts'
import { KEYS, profileKey } from '../../src/adapters/embedded/keys.ts'
import type { OutletHarness } from '../conformance/outlet.ts'
import type { StoreHarness } from '../conformance/store.ts'

export const temporaryDir = (): string => mkdtempSync(join(tmpdir(), 'run-folder-'))

export const outletOf = (folder: RunFolder): EmbeddedOutlet => new EmbeddedOutlet(folder, 'test')

export function openFresh(options: Partial<RunFolderOptions> = {}): Promise<RunFolder> {
  return openRunFolder(temporaryDir(), { create: true, ...options })
}

export async function discard(folder: RunFolder): Promise<void> {
  await folder.close()
  rmSync(folder.dir, { recursive: true, force: true })
}

/** An NDJSON file with the parts that it has left behind, in order, whatever form they have. */
export function wholeText(file: string): string {
  const name = basename(file, '.ndjson')
  const parts = readdirSync(dirname(file))
    .filter((f) => f.startsWith(`${name}.0`) && /\.\d{6}\.ndjson(\.gz)?$/.test(f))
    .sort()
    .map((f) => readFileSync(join(dirname(file), f)))
    .map((bytes) => (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString())
  return parts.join('') + (existsSync(file) ? readFileSync(file, 'utf8') : '')
}

/** The parsed lines of an NDJSON file and its former parts, which must consist of whole lines. */
export function linesOf(file: string): Record<string, unknown>[] {
  const text = wholeText(file)
  const lines = text.split('\n')
  if (lines.pop() !== '') throw new Error(`${file} does not end with a line`)
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

export async function embeddedOutletHarness(options: Partial<RunFolderOptions> = {}): Promise<OutletHarness> {
  const folder = await openFresh(options)
  return {
    outlet: () => outletOf(folder),
    seen: async () => ({
      transitions: linesOf(folder.paths.segmentChanged).map((l) => l['id'] as string),
      memberships: linesOf(folder.paths.userSegments).map((l) => l['userId'] as string),
      deadLetters: linesOf(folder.paths.deadLetter).map((l) => l['offset'] as number),
      segments: linesOf(folder.paths.segmentCatalog).map((l) => l['segment'] as string),
    }),
    close: () => discard(folder),
  }
}

export async function embeddedStoreHarness(): Promise<StoreHarness> {
  const folder = await openFresh()
  return {
    store: () => new EmbeddedStore(folder),
    reader: () => new EmbeddedReader(folder),
    fence: async () => ({ task: 0 }),
    lose: (user) => folder.db.del(profileKey(user)),
    loseHead: () => folder.db.del(KEYS.head),
    close: () => discard(folder),
  }
}
