import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { fail } from '../../errors.ts'
import type { Encoding, Mapping, RecordFormat } from '../../domain/events/mapping.ts'
import type { Topic } from '../../ports/types.ts'
import { PeekedBytes, PlainBytes, STDIN_PATH, StreamBytes, fileError, peek } from './bytes.ts'
import type { ByteInput } from './bytes.ts'
import { GzipBytes, isGzip } from './gzip.ts'
import { Utf16Bytes, utf16Of } from './utf16.ts'

/** Forms of records in files. */
export type FileFormat = Exclude<RecordFormat, 'avro'>

/** How a mapping's records stand in a file; events in their native form where there is none. */
export function fileForm(mapping: Mapping | null): Pick<FileInput, 'format' | 'delimiter' | 'encoding'> {
  if (mapping === null) return { format: 'ndjson' }
  const { name, format, delimiter, encoding } = mapping
  if (format === 'avro')
    fail(
      'mapping-invalid',
      `mapping ${name} reads avro, which comes by topics; files are csv, ndjson or json`,
    )
  return { format, delimiter, encoding }
}

/** One input of an embedded run. */
export interface FileInput {
  readonly topic: Topic
  /** `-` is standard input. gzip is recognised by its first bytes, whatever the name. */
  readonly path: string
  /** `csv` has a header line, which is no record. */
  readonly format: FileFormat
  /** One character; a comma unless given. */
  readonly delimiter?: string | undefined
  /** Of the header; records are handed out as they are. UTF-8 unless given. */
  readonly encoding?: Encoding | undefined
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
  if (input.path === STDIN_PATH) return openStream(stdin, 'standard input')
  const file = await openFile(input)
  if (file === undefined) return undefined
  const plain = new PlainBytes(file, input.path, 0)
  const kind = await file.stat()
  if (kind.isDirectory()) return refuse(plain, `${input.path}: is a folder, a file is expected`)
  if (!kind.isFile()) return openStream(file.createReadStream(), input.path)
  const head = await peek(plain, MAGIC_BYTES)
  plain.position = 0
  const packing = isGzip(head) ? 'gzip' : utf16Of(head)
  if (packing === undefined) return { bytes: plain, plain, packed: plain }
  if (input.follow === true)
    return refuse(plain, `${input.path}: is a ${packing} file; only plain files in UTF-8 can be followed`)
  try {
    return { bytes: await unpacked(plain), plain: undefined, packed: plain }
  } catch (error) {
    await plain.close()
    throw error
  }
}

/** Bytes without gzip and UTF-16, which are recognised by their first bytes. */
async function unpacked(bytes: ByteInput): Promise<ByteInput> {
  const head = await peek(bytes, MAGIC_BYTES)
  const whole = new PeekedBytes(head, bytes)
  if (isGzip(head)) return unpacked(new GzipBytes(whole))
  const utf16 = utf16Of(head)
  return utf16 === undefined ? whole : new Utf16Bytes(whole, utf16)
}

async function openFile({ path, optional }: FileInput): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    const coded = fileError(path, error)
    if (optional === true && coded.code === 'file-missing') return undefined
    throw coded
  }
}

async function refuse(plain: PlainBytes, message: string): Promise<never> {
  await plain.close()
  return fail('usage', message)
}

/** Standard input, or a pipe by its path. */
async function openStream(stream: Readable, name: string): Promise<Opened> {
  const bytes = await unpacked(new StreamBytes(stream, name))
  return { bytes, plain: undefined, packed: undefined }
}
