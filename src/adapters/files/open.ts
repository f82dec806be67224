import type { Readable } from 'node:stream'
import { SegmentationError, fail } from '../../errors.ts'
import type { Topic } from '../../ports/types.ts'
import { PeekedBytes, PlainBytes, StreamBytes, peek } from './bytes.ts'
import type { ByteInput } from './bytes.ts'
import { GzipBytes, isGzip } from './gzip.ts'

/** The path that means standard input. */
export const STDIN_PATH = '-'

/** One input of an embedded run. */
export interface FileInput {
  readonly topic: Topic
  /** `-` is standard input. gzip is recognised by its first bytes, whatever the name. */
  readonly path: string
  /** `csv` has a header line, which is no record. */
  readonly format: 'ndjson' | 'csv'
  /** One character; a comma unless given. */
  readonly delimiter?: string | undefined
  /** More may be appended: the end is `dry`, never `ended`, and a last line counts once its line feed is there. */
  readonly follow?: boolean | undefined
  /** The file may come into being later; until then it is `dry`. Only with `follow`. */
  readonly optional?: boolean | undefined
}

export interface Opened {
  readonly bytes: ByteInput
  /** Set where the input is a plain file: it can be read from any byte on. */
  readonly plain: PlainBytes | undefined
  /** Set where bytes are read from a file: how far, for progress. */
  readonly packed: PlainBytes | undefined
}

const MAGIC_BYTES = 2

/** Opens an input at its first byte; undefined where it is optional and not there yet. */
export async function openInput(input: FileInput, stdin: Readable): Promise<Opened | undefined> {
  if (input.path === STDIN_PATH) return openStream(stdin)
  let plain: PlainBytes
  try {
    plain = await PlainBytes.open(input.path)
  } catch (error) {
    if (input.optional === true && error instanceof SegmentationError && error.code === 'file-missing')
      return undefined
    throw error
  }
  const gzip = isGzip(await peek(plain, MAGIC_BYTES))
  plain.position = 0
  if (!gzip) return { bytes: plain, plain, packed: plain }
  if (input.follow === true) {
    await plain.close()
    fail('usage', `${input.path}: is a gzip file; only plain files can be followed`)
  }
  return { bytes: new GzipBytes(plain), plain: undefined, packed: plain }
}

async function openStream(stdin: Readable): Promise<Opened> {
  const stream = new StreamBytes(stdin)
  const head = await peek(stream, MAGIC_BYTES)
  const whole = new PeekedBytes(head, stream)
  return { bytes: isGzip(head) ? new GzipBytes(whole) : whole, plain: undefined, packed: undefined }
}
