import { createReadStream, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import type { DataFile } from './journal-line.ts'

/** The lines of an output of a run folder, oldest first, over all its parts. */
export async function* outputLines(dir: string, name: DataFile): AsyncGenerator<string> {
  const part = new RegExp(`^${name}\\.\\d{6}\\.ndjson(\\.gz)?$`)
  const finished = readdirSync(dir)
    .filter((file) => part.test(file))
    .sort()
  for (const file of [...finished, `${name}.ndjson`]) {
    const raw = createReadStream(join(dir, file))
    const input = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) yield line
  }
}
