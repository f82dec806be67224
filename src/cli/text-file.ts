import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Transform, type Writable } from 'node:stream'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { fail } from '../errors.ts'

/** A file in the making. It gets its name only when it is complete. */
export interface TextFile {
  write(text: string): Promise<void>
  /** Completes the file and gives it its name. */
  done(): Promise<void>
  /** Takes away what was written. */
  discard(): Promise<void>
}

/** Opens `path` for writing, gzipped if it ends in `.gz`. Rejects with `file-unreadable`, `disk-full` or `disk-error`. */
export async function openTextFile(path: string): Promise<TextFile> {
  const part = `${path}.part`
  const disk = createWriteStream(part)
  let trouble: NodeJS.ErrnoException | undefined
  const head: Writable = path.endsWith('.gz') ? gzipInto(disk) : disk
  for (const stream of new Set<Writable>([head, disk])) stream.on('error', (error) => (trouble ??= error))
  const stopIfBroken = (): void => {
    if (trouble) failWrite(path, trouble)
  }
  await once(disk, 'open').catch(() => undefined)
  stopIfBroken()
  return {
    write: async (text) => {
      stopIfBroken()
      if (!head.write(text)) await once(head, 'drain').catch(() => undefined)
      stopIfBroken()
    },
    done: async () => {
      head.end()
      await finished(disk).catch(() => undefined)
      stopIfBroken()
      await rename(part, path)
    },
    discard: async () => {
      head.destroy()
      disk.destroy()
      await rm(part, { force: true })
    },
  }
}

function gzipInto(disk: Writable): Transform {
  // level 1: events shrink to a tenth at any level, and writing should not wait for the last percent
  const gzip = createGzip({ level: 1 })
  gzip.pipe(disk)
  return gzip
}

function failWrite(path: string, error: NodeJS.ErrnoException): never {
  if (error.code === 'ENOSPC') fail('disk-full', `${path}: no space left`, error)
  if (error.code === 'ENOENT') fail('file-missing', `${path}: the folder does not exist`, error)
  if (error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EISDIR') {
    fail('usage', `${path}: cannot be written (${error.code})`, error)
  }
  fail('disk-error', `${path}: ${error.message}`, error)
}
