import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openBundleFiles } from '../../src/adapters/files/bundles.ts'
import { completeLabels } from '../../src/domain/segments/label.ts'
import type { BundleStore } from '../../src/ports/bundles.ts'
import { smallBundle } from '../domain/segments/fixture.ts'

const bundle = smallBundle()
const labels = completeLabels(bundle.segments.map((s) => s.key))
let root: string
let store: BundleStore
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bundles-'))
  store = openBundleFiles(root)
  await store.save(bundle, labels, join(root, 'spring'))
})
afterEach(() => rm(root, { recursive: true }))

const failure = (code: string, text: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(text) as unknown })
const model = (): string => join(root, 'spring', 'model.json')

describe('bundles in folders', () => {
  it.each([
    ['folder', () => join(root, 'spring')],
    ['file', model],
    ['name', () => 'spring'],
    ['version', () => bundle.version],
    ['beginning of a version', () => bundle.version.slice(0, 8)],
  ])('are found by %s, equal to what was saved', async (_, ref) => {
    expect(await store.load(ref())).toEqual({ bundle, labels, dir: join(root, 'spring') })
  })

  it('leave nothing but the three files behind, also when saved again', async () => {
    await store.save(bundle, labels, join(root, 'spring'))
    expect((await readdir(join(root, 'spring'))).sort()).toEqual(['card.md', 'labels.json', 'model.json'])
    expect(await readFile(join(root, 'spring', 'card.md'), 'utf8')).toContain(bundle.version)
  })

  it('take plain labels from the keys where there are none', async () => {
    await rm(join(root, 'spring', 'labels.json'))
    expect((await store.load('spring')).labels['quiet']?.name).toEqual({ en: 'Quiet' })
  })

  it('take other names without another version', async () => {
    const renamed = { ...labels, quiet: { ...labels['quiet'], name: { en: 'Sleepers' } } }
    await writeFile(join(root, 'spring', 'labels.json'), JSON.stringify(renamed))
    const loaded = await store.load('spring')
    expect(loaded.labels['quiet']?.name).toEqual({ en: 'Sleepers' })
    expect(loaded.bundle.version).toBe(bundle.version)
  })

  it.each([['nowhere'], ['ffffffffffff'], ['']])('are missing at %j', async (ref) => {
    await expect(store.load(ref)).rejects.toThrow(failure('file-missing', 'no bundle at'))
  })

  it('a beginning that fits two versions is asked for again', async () => {
    await store.save(bundle, labels, join(root, 'summer'))
    await expect(store.load(bundle.version)).rejects.toThrow(failure('usage', 'several'))
  })

  it('are found by an alias of their version, wherever it lies, until it is taken away', async () => {
    await store.alias('live', bundle.version)
    await store.alias('candidate', bundle.version)
    expect((await store.load('live')).dir).toBe(join(root, 'spring'))
    expect(await store.list()).toEqual([{ name: 'spring', bundle, aliases: ['candidate', 'live'] }])
    await store.alias('live', null)
    await expect(store.load('live')).rejects.toThrow(failure('file-missing', 'no bundle at live'))
    expect((await store.load('candidate')).bundle.version).toBe(bundle.version)
  })

  it.each([
    ['spring', 'a bundle below'],
    ['Live', 'expected lower-case letters'],
  ])('take no alias %j', async (name, text) => {
    await expect(store.alias(name, bundle.version)).rejects.toThrow(failure('usage', text))
  })

  it('with broken aliases are refused, naming the file', async () => {
    await writeFile(join(root, 'aliases.json'), '{"live":"spring"}')
    await expect(store.load('live')).rejects.toThrow(failure('bundle-invalid', 'aliases.json'))
  })

  const text = JSON.stringify(bundle)
  it.each([
    ['no JSON', text.slice(0, 99), 'bundle-invalid', 'not JSON'],
    ['a null among numbers', text.replace('"radii":[1.5', '"radii":[null'), 'bundle-invalid', 'radii.0'],
    ['a number too large', text.replace('"radii":[1.5', '"radii":[1e999'), 'bundle-invalid', 'radii.0'],
    [
      'a wrong shape',
      JSON.stringify({ ...bundle, radii: [1] }),
      'bundle-invalid',
      'radii: expected 3 values, found 1',
    ],
    ['another content', JSON.stringify({ ...bundle, radii: [1, 1, 1] }), 'bundle-hash', bundle.version],
  ])('with %s are refused', async (_, content, code, message) => {
    await writeFile(model(), content)
    await expect(store.load('spring')).rejects.toThrow(failure(code, message))
    await expect(store.load('spring')).rejects.toThrow(model())
  })

  it.each([
    ['an unknown segment', { strangers: labels['quiet'] }, '"strangers" is no segment'],
    ['a wrong member', { quiet: { name: 'Quiet' } }, 'quiet.name'],
  ])('with labels of %s are refused', async (_, content, message) => {
    await writeFile(join(root, 'spring', 'labels.json'), JSON.stringify(content))
    await expect(store.load('spring')).rejects.toThrow(failure('bundle-invalid', message))
  })
})
