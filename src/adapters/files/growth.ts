import { stat } from 'node:fs/promises'
import { fail } from '../../errors.ts'
import { fileError } from './bytes.ts'
import type { PlainBytes } from './bytes.ts'

/** Bytes before the end that must stay as they were: enough to notice a file that was emptied and filled again. */
export const TAIL_BYTES = 64

/**
 * Rejects with `input-shrunk` where a followed file is not what it was with more behind it: removed, replaced (rotation),
 * cut, or written anew. `tail` is what was last read from it.
 */
export async function checkGrowth(plain: PlainBytes, tail: { at: number; bytes: Buffer }): Promise<void> {
  const { path, file, position } = plain
  const now = await stat(path, { bigint: true }).catch((error: unknown) => {
    const gone = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (gone) return fail('input-shrunk', `${path}: was removed while it was followed`, error)
    throw fileError(path, error)
  })
  const opened = await file.stat({ bigint: true })
  if (now.ino !== opened.ino || now.dev !== opened.dev) {
    fail('input-shrunk', `${path}: was replaced by another file while it was followed`)
  }
  if (now.size < BigInt(position)) {
    fail(
      'input-shrunk',
      `${path}: has ${now.size} bytes, ${position} were read before; it was cut while it was followed`,
    )
  }
  if (now.size === BigInt(position)) return
  const again = Buffer.alloc(tail.bytes.length)
  await file.read(again, 0, again.length, tail.at)
  if (!again.equals(tail.bytes)) fail('input-shrunk', `${path}: was written anew while it was followed`)
}
