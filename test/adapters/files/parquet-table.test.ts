import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import { ParquetTable } from '../../../src/adapters/files/parquet-table.ts'
import { tempFolder } from '../../cli/run.ts'

const folder = tempFolder()
const asOf = Date.UTC(2025, 2, 31, 22)
const columns = ['views', 'spend']

function bufferOf(path: string): ArrayBuffer {
  const bytes = readFileSync(path)
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
}

describe('a Parquet table', () => {
  it('gives back what was written, one row group a block', async () => {
    const path = join(folder, 'two.parquet')
    const table = await ParquetTable.open(path, columns)
    await table.write({ asOf, users: ['a', 'é,"x"'], values: Float64Array.of(1, 0.1, -2, 1e-300) })
    await table.write({ asOf: asOf + 1, users: ['a'], values: Float64Array.of(2 ** 53, 0.30000000000000004) })
    expect(existsSync(path)).toBe(false)
    await table.done()
    const file = bufferOf(path)
    expect(await parquetReadObjects({ file })).toEqual([
      { user_id: 'a', as_of: new Date(asOf), views: 1, spend: 0.1 },
      { user_id: 'é,"x"', as_of: new Date(asOf), views: -2, spend: 1e-300 },
      { user_id: 'a', as_of: new Date(asOf + 1), views: 2 ** 53, spend: 0.30000000000000004 },
    ])
    expect(parquetMetadata(file).row_groups.map((g) => Number(g.num_rows))).toEqual([2, 1])
  })

  it('may be empty', async () => {
    const path = join(folder, 'none.parquet')
    const table = await ParquetTable.open(path, columns)
    await table.done()
    const { schema, num_rows } = parquetMetadata(bufferOf(path))
    expect(Number(num_rows)).toBe(0)
    expect(schema.slice(1).map((s) => s.name)).toEqual(['user_id', 'as_of', ...columns])
  })

  it('leaves nothing behind where it is given up', async () => {
    const path = join(folder, 'half.parquet')
    const table = await ParquetTable.open(path, columns)
    await table.write({ asOf, users: ['a'], values: Float64Array.of(1, 2) })
    await table.discard()
    expect(readdirSync(folder).filter((name) => name.startsWith('half'))).toEqual([])
  })

  it('says at once that its folder is missing', async () => {
    await expect(ParquetTable.open(join(folder, 'no', 'x.parquet'), columns)).rejects.toThrow(
      expect.objectContaining({ code: 'file-missing' }),
    )
  })
})
