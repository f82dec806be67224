import { write } from 'node:fs'
import { SegmentationError } from '../../errors.ts'

/** Writes some of `bytes` from `from` on at `position` of an open file; resolves to how many. The seam by which tests fill a disk. */
export type WriteSome = (fd: number, bytes: Uint8Array, from: number, position: number) => Promise<number>

export const writeSome: WriteSome = (fd, bytes, from, position) =>
  new Promise((resolve, reject) => {
    write(fd, bytes, from, bytes.length - from, position, (error, written) => {
      if (error) reject(error)
      else resolve(written)
    })
  })

/** Writes all of `bytes` at `position`: a disk that fills up first takes a part and refuses at the next call. */
export async function writeAll(
  some: WriteSome,
  fd: number,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  let from = 0
  while (from < bytes.length) from += await some(fd, bytes, from, position + from)
}

/**
 * The coded form of a failure that came from the disk (`disk-full` where only space is missing, else `disk-error`). Anything
 * that carries no code of the system is a defect of this program and stays what it is.
 */
export function diskFailure(error: unknown, doing: string): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (error instanceof SegmentationError || !(error instanceof Error) || typeof code !== 'string')
    return error
  const text = error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
  const full = code === 'ENOSPC' || code === 'EDQUOT' || /no space left|quota exceeded/i.test(text)
  return new SegmentationError(full ? 'disk-full' : 'disk-error', `${doing}: ${text}`, error)
}
