import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LineWriter } from '../../../src/adapters/files/line-writer.ts'

let dir: string
let printed: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'writer-'))
  printed = ''
})
afterEach(() => rmSync(dir, { recursive: true }))

const stdout = new Writable({
  write: (chunk, _encoding, done) => {
    printed += String(chunk)
    done()
  },
})
const PIECE = 'a line of some length\n'.repeat(5000)

test.each(['out.ndjson', 'out.ndjson.gz'])('%s appears whole, at close', async (name) => {
  const path = join(dir, name)
  const writer = new LineWriter(path, { stdout })
  for (let i = 0; i < 20; i++) await writer.write(PIECE)
  expect(existsSync(path)).toBe(false)
  await writer.close()
  const bytes = readFileSync(path)
  expect((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()).toBe(PIECE.repeat(20))
  expect(existsSync(`${path}.part`)).toBe(false)
})

test.each(['out.ndjson', 'out.ndjson.gz'])('%s leaves nothing when it is given up', async (name) => {
  const path = join(dir, name)
  const writer = new LineWriter(path, { stdout })
  await writer.write(PIECE)
  await writer.abandon()
  expect([existsSync(path), existsSync(`${path}.part`)]).toEqual([false, false])
})

test('an empty file is made only where it is asked for', async () => {
  const [some, none] = [join(dir, 'some'), join(dir, 'none')]
  await new LineWriter(some, { stdout, evenEmpty: true }).close()
  await new LineWriter(none, { stdout }).close()
  expect([existsSync(some), existsSync(none)]).toEqual([true, false])
})

test('- is standard output', async () => {
  const writer = new LineWriter('-', { stdout })
  await writer.write('x\n')
  await writer.close()
  expect(printed).toBe('x\n')
})

test.each(['', '.gz'])('a folder that is not there is said with the path (%j)', async (suffix) => {
  const path = join(dir, 'no', `out${suffix}`)
  const writer = new LineWriter(path, { stdout, evenEmpty: true })
  const failing = (async () => {
    for (let i = 0; i < 100; i++) await writer.write(PIECE)
    await writer.close()
  })()
  await expect(failing).rejects.toMatchObject({
    code: 'file-missing',
    message: expect.stringContaining(path),
  })
})
