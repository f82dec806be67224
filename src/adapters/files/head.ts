import { openInput } from './open.ts'

/**
 * The first bytes of a file, unpacked from gzip and as UTF-8 where they are UTF-16, fewer only where it has no more. Throws what
 * opening and reading throw: `file-missing`, `file-unreadable`, `usage`.
 */
export async function readHead(path: string, most: number): Promise<Uint8Array> {
  const opened = await openInput({ topic: path, path, format: 'ndjson' }, process.stdin)
  const head = new Uint8Array(most)
  let length = 0
  try {
    while (length < most) {
      const n = (await opened?.bytes.read(head, length)) ?? 0
      if (n === 0) break
      length += n
    }
  } finally {
    await opened?.bytes.close()
  }
  return head.subarray(0, length)
}
