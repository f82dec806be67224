import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { builtInMappings, loadMapping } from '../../../src/adapters/files/mappings.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mappings-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

test('every built-in mapping loads by its name, and has it', async () => {
  const names = await builtInMappings()
  expect(names).toEqual(expect.arrayContaining(['rees46', 'segment']))
  for (const name of names) expect((await loadMapping(name)).name).toBe(name)
})

test('a file loads by its path', async () => {
  const path = join(dir, 'shop.json')
  writeFileSync(path, JSON.stringify({ ...(await loadMapping('rees46')), name: 'shop' }))
  expect((await loadMapping(path)).name).toBe('shop')
})

test.each<[string, string, string | undefined, object]>([
  [
    'a name that is not built in says which are',
    'rees47',
    undefined,
    { code: 'file-missing', message: expect.stringContaining('rees46, segment') },
  ],
  [
    'a file that is not there',
    './none.json',
    undefined,
    { code: 'file-missing', message: './none.json: there is no such file' },
  ],
  [
    'no JSON',
    'shop.json',
    '{',
    { code: 'mapping-invalid', message: expect.stringContaining('shop.json: is not JSON') },
  ],
  [
    'another object',
    'shop.json',
    '{}',
    { code: 'mapping-invalid', message: expect.stringContaining('shop.json: name: ') },
  ],
])('%s', async (_what, ref, content, error) => {
  const path = content === undefined ? ref : join(dir, ref)
  if (content !== undefined) writeFileSync(path, content)
  await expect(loadMapping(path)).rejects.toMatchObject(error)
})
