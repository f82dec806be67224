import { compress } from 'snappy'
import { describe, expect, test } from 'vitest'
import { loadKafkajs } from '../../../src/adapters/kafka/repairs.ts'

interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>
  decompress(bytes: Buffer): Promise<Buffer>
}
const { CompressionCodecs, CompressionTypes } = loadKafkajs()
const codec = (type: number): Codec =>
  (CompressionCodecs as unknown as Record<number, () => Codec>)[type]?.() as Codec

const TEXTS = [0, 1, 32 * 1024, 32 * 1024 + 1, 300_000].map((size) =>
  Buffer.from('abcdé'.repeat(size)).subarray(0, size),
)

describe('codecs', () => {
  test.each([
    ['gzip', CompressionTypes.GZIP],
    ['snappy', CompressionTypes.Snappy],
    ['lz4', CompressionTypes.LZ4],
  ])('%s gives back what it took, at every size', async (_, type) => {
    for (const text of TEXTS) {
      const packed = await codec(type).compress({ buffer: text })
      expect((await codec(type).decompress(packed)).equals(text)).toBe(true)
      if (text.length > 1000) expect(packed.length).toBeLessThan(text.length / 2)
    }
  })

  test('snappy without a frame is read, too', async () => {
    const text = Buffer.from('abc'.repeat(100))
    expect(await codec(CompressionTypes.Snappy).decompress(Buffer.from(await compress(text)))).toEqual(text)
  })

  test('zstd is read on every Node; one that cannot write it says so', async () => {
    // magic, one segment of five bytes without a checksum, one raw block (RFC 8878)
    const packed = Buffer.from('28b52ffd200529000068656c6c6f', 'hex')
    const found = await codec(CompressionTypes.ZSTD).decompress(packed)
    expect(found.toString()).toBe('hello')
    const written = await codec(CompressionTypes.ZSTD)
      .compress({ buffer: Buffer.from('hello') })
      .then((bytes) => codec(CompressionTypes.ZSTD).decompress(bytes))
      .catch((error: unknown) => error as Error)
    if (written instanceof Error) expect(written).toMatchObject({ code: 'config-invalid' })
    else expect(written.toString()).toBe('hello')
  })
})
