import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { decompress as unzstd } from 'fzstd'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { compress as snappyBlock, uncompress as unsnappyBlock } from 'snappy'
import { fail } from '../../errors.ts'

/** Compression of record batches as kafkajs wants it. */
interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  decompress(bytes: Buffer): Promise<Buffer>
}

type Transform = (bytes: Buffer) => Promise<Buffer>

/** Kafka's snappy is framed by xerial: magic, two versions, then blocks with their lengths. */
const XERIAL_HEADER = Buffer.concat([
  Buffer.from([0x82]),
  Buffer.from('SNAPPY\0'),
  Buffer.from([0, 0, 0, 1, 0, 0, 0, 1]),
])
const XERIAL_MAGIC_BYTES = 8
const XERIAL_BLOCK_BYTES = 32 * 1024

const snappy: Codec = {
  async compress({ buffer }) {
    const parts: Buffer[] = [XERIAL_HEADER]
    for (let at = 0; at < buffer.length; at += XERIAL_BLOCK_BYTES) {
      const block = Buffer.from(await snappyBlock(buffer.subarray(at, at + XERIAL_BLOCK_BYTES)))
      const length = Buffer.alloc(4)
      length.writeUInt32BE(block.length)
      parts.push(length, block)
    }
    return Buffer.concat(parts)
  },
  async decompress(bytes) {
    const framed = bytes.subarray(0, XERIAL_MAGIC_BYTES).equals(XERIAL_HEADER.subarray(0, XERIAL_MAGIC_BYTES))
    if (!framed) return unsnapped(bytes)
    const parts: Buffer[] = []
    for (let at = XERIAL_HEADER.length; at + 4 <= bytes.length;) {
      const end = at + 4 + bytes.readUInt32BE(at)
      parts.push(await unsnapped(bytes.subarray(at + 4, end)))
      at = end
    }
    return Buffer.concat(parts)
  },
}

async function unsnapped(bytes: Buffer): Promise<Buffer> {
  return Buffer.from(await unsnappyBlock(bytes, { asBuffer: true }))
}

const lz4: Codec = {
  compress: ({ buffer }) => compressFrame(buffer),
  decompress: (bytes) => decompressFrame(bytes),
}

/** From Node 22.15 on; before it a package that only reads. */
const native = zlib as unknown as {
  readonly zstdCompress?: (bytes: Buffer, done: (error: Error | null, out: Buffer) => void) => void
  readonly zstdDecompress?: (bytes: Buffer, done: (error: Error | null, out: Buffer) => void) => void
}

const zstdCompress: Transform = native.zstdCompress
  ? promisify(native.zstdCompress)
  : async () => fail('config-invalid', 'compression zstd: this Node cannot write it; expected 22.15 or later')
const zstdDecompress: Transform = native.zstdDecompress
  ? promisify(native.zstdDecompress)
  : (bytes) => Promise.resolve(Buffer.from(unzstd(bytes)))

const zstd: Codec = {
  compress: ({ buffer }) => zstdCompress(buffer),
  decompress: zstdDecompress,
}

/** Adds the codecs that kafkajs names but does not have: without one, a consumer of such batches reads nothing at all. */
export function registerCodecs({ CompressionCodecs, CompressionTypes }: typeof import('kafkajs')): void {
  const codecs = CompressionCodecs as Record<number, () => Codec>
  codecs[CompressionTypes.Snappy] = () => snappy
  codecs[CompressionTypes.LZ4] = () => lz4
  codecs[CompressionTypes.ZSTD] = () => zstd
}
