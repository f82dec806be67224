import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import snappy from 'snappy'
import { LineWriter } from './line-writer.ts'

/** Rows of a table of features; the same shape as the engine's. */
export interface TableBlock {
  /** Unix ms. */
  readonly asOf: number
  /** n. */
  readonly users: readonly string[]
  /** n × F, row-major. */
  readonly values: Float64Array
}

/**
 * A Parquet file of `user_id` (string), `as_of` (timestamp, ms, UTC) and one double a feature, none of them null, compressed by
 * Snappy. A block is a row group, written out before the next is begun. The file appears whole, at `done`.
 */
export class ParquetTable {
  readonly #columns: readonly string[]
  readonly #file: LineWriter
  readonly #bytes = new ByteWriter()
  readonly #writer: ParquetWriter

  private constructor(path: string, columns: readonly string[]) {
    this.#columns = columns
    this.#file = new LineWriter(path, { stdout: process.stdout, evenEmpty: true })
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: [
        { name: 'root', num_children: columns.length + 2 },
        { name: 'user_id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        { name: 'as_of', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'REQUIRED' },
        ...columns.map((name) => ({ name, type: 'DOUBLE' as const, repetition_type: 'REQUIRED' as const })),
      ],
      compressors: { SNAPPY: (input) => snappy.compressSync(input) },
      createdBy: 'amazing-segmentation',
    })
  }

  /** Trouble shows at once: rejects with `file-missing` (its folder), `usage`, `disk-full` or `disk-error`. */
  static async open(path: string, columns: readonly string[]): Promise<ParquetTable> {
    const table = new ParquetTable(path, columns)
    await table.#file.ready()
    return table
  }

  async write({ asOf, users, values }: TableBlock): Promise<void> {
    const [n, F] = [users.length, this.#columns.length]
    await this.#writer.write({
      columnData: [
        { name: 'user_id', data: [...users] },
        { name: 'as_of', data: Array.from({ length: n }, () => new Date(asOf)) },
        ...this.#columns.map((name, j) => ({
          name,
          data: Float64Array.from({ length: n }, (_, i) => values[i * F + j] as number),
        })),
      ],
      rowGroupSize: Math.max(1, n),
    })
    await this.#flush()
  }

  /** Completes the file and gives it its name. */
  async done(): Promise<void> {
    await this.#writer.finish()
    await this.#flush()
    await this.#file.close()
  }

  /** Takes away what was written, unless it is done. */
  discard(): Promise<void> {
    return this.#file.abandon()
  }

  /** The encoder's buffer is used again for the next block, so its bytes are copied out of it. */
  async #flush(): Promise<void> {
    await this.#file.write(this.#bytes.getBytes().slice())
    this.#bytes.index = 0
  }
}
