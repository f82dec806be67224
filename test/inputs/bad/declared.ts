import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openBundleFiles } from '../../../src/adapters/files/bundles.ts'
import { controlDecoder } from '../../../src/app/control.ts'
import { loadFeatureSet } from '../../../src/cli/declarations.ts'
import { parseRunConfig } from '../../../src/config.ts'
import { readRunConfig } from '../../../src/first-start.ts'
import { parseJournalLine } from '../../../src/ports/journal-line.ts'
import { smallBundle } from '../../domain/segments/fixture.ts'
import { inFolder, said } from './bad.ts'
import type { Bad } from './bad.ts'

const SEED = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../../models/feature-sets/seed.json'), 'utf8'),
) as { features: object[] }
const [first, second] = SEED.features as [object, object]

const set = (what: string, text: string, says: string): Bad => ({
  what,
  says,
  outcome: () =>
    inFolder((dir) => {
      writeFileSync(join(dir, 'set.json'), text)
      return loadFeatureSet(join(dir, 'set.json')).name
    }),
})
const feature = (what: string, change: object, says: string): Bad =>
  set(what, JSON.stringify({ ...SEED, features: [{ ...first, ...change }] }), says)

/** Feature sets that cannot be compiled. */
export const FEATURE_SETS: readonly Bad[] = [
  set('a feature set that is not JSON', '{', 'feature-set-invalid: set.json:1:2: not JSON'),
  set(
    'a feature set without features',
    JSON.stringify({ ...SEED, features: [] }),
    'feature-set-invalid: set.json: not a feature set\n  features: Too small: expected array to have >=1 items\n  features: expected at least one column',
  ),
  set(
    'two features of one name',
    JSON.stringify({ ...SEED, features: [first, first] }),
    'feature-set-invalid: set.json: not a feature set\n  features[1].name (total_events): "total_events" is there twice',
  ),
  set(
    'no column',
    JSON.stringify({ ...SEED, features: [{ ...second, column: false }] }),
    'feature-set-invalid: set.json: not a feature set\n  features: expected at least one column',
  ),
  feature(
    'a name in capitals',
    { name: 'Orders' },
    'feature-set-invalid: set.json: not a feature set\n  features[0].name (Orders): expected lower-case letters, digits and _, starting with a letter',
  ),
  feature(
    'a window nobody knows',
    { window: '90' },
    'feature-set-invalid: set.json: not a feature set\n  features[0].window (total_events): expected "lifetime" or a duration such as "30m", "12h", "30d", found "90"',
  ),
]

const bundle = (what: string, spoil: (value: Record<string, unknown>) => unknown, says: string): Bad => ({
  what,
  says,
  outcome: () =>
    inFolder(async (dir) => {
      mkdirSync(join(dir, 'model'))
      const value = spoil(JSON.parse(JSON.stringify(smallBundle())) as Record<string, unknown>)
      writeFileSync(join(dir, 'model/model.json'), typeof value === 'string' ? value : JSON.stringify(value))
      return (await openBundleFiles().load(join(dir, 'model'))).bundle.version
    }).then((message) => message.replaceAll(/[0-9a-f]{64}/g, '<hash>')),
})

/** Bundles that someone changed. */
export const BUNDLES: readonly Bad[] = [
  {
    what: 'a bundle that is not there',
    says: 'file-missing: no bundle at model: expected a folder with model.json, or a name, alias or version below models',
    outcome: () => inFolder(async (dir) => (await openBundleFiles().load(join(dir, 'model'))).bundle.version),
  },
  bundle(
    'a bundle that is not JSON',
    () => '{"format":',
    'bundle-invalid: model/model.json: not JSON: Unexpected end of JSON input',
  ),
  bundle(
    'a bundle of another format',
    (value) => ({ ...value, format: 9 }),
    'bundle-invalid: model/model.json: format: Invalid input: expected 1',
  ),
  bundle(
    'a changed centroid',
    (value) => ({
      ...value,
      centroids: [
        [0, 0],
        [1, -0.75],
        [2.5, 1.5],
      ],
    }),
    'bundle-hash: model/model.json: version says <hash>, but the content hashes to <hash>',
  ),
  bundle(
    'a radius too few',
    (value) => ({ ...value, radii: [1, 2] }),
    'bundle-invalid: model/model.json: radii: expected 3 values, found 2',
  ),
  bundle(
    'a scale of nothing',
    (value) => ({ ...value, scaler: { mean: [2, 5, 100], scale: [1, 0, 80] } }),
    'bundle-invalid: model/model.json: scaler.scale: expected every value above 0',
  ),
]

const config = (what: string, text: string, says: string): Bad => ({
  what,
  says,
  outcome: () => said(() => parseRunConfig(text, 'run/config.json').app),
})

const CONFIG = {
  format: 1,
  app: 'shop',
  locale: 'en',
  follow: false,
  maxSleep: '24h',
  liveFrom: null,
  currency: 'EUR',
  inputs: [{ topic: 'a', path: 'a', format: 'ndjson', mapping: null }],
  model: 'x',
}

const command = (what: string, text: string, says: string): Bad => ({
  what,
  says,
  outcome: () =>
    said(() => {
      const bytes = Buffer.from(text)
      const record = { offset: 1, time: Number.NaN, bytes, from: 0, to: bytes.length, keyFrom: -1, keyTo: -1 }
      return controlDecoder('control')(record).type
    }),
})

/** Run folders, journals and commands that someone broke. */
export const STATES: readonly Bad[] = [
  {
    what: 'a folder that is no run',
    says: 'folder-missing: run is not a run folder: expected run/config.json',
    outcome: () => inFolder((dir) => readRunConfig(join(dir, 'run')).app),
  },
  config('a config that is not JSON', '{', 'folder-foreign: run/config.json: is not JSON'),
  config(
    'a config of another format',
    JSON.stringify({ ...CONFIG, format: 9 }),
    'state-version: run/config.json: has format 9, this version reads 1',
  ),
  config(
    'a locale nobody knows',
    JSON.stringify({ ...CONFIG, locale: 'de' }),
    'folder-foreign: run/config.json: locale: Invalid option: expected one of "en"|"fr"',
  ),
  config(
    'a run without inputs',
    JSON.stringify({ ...CONFIG, inputs: [] }),
    'folder-foreign: run/config.json: inputs: Too small: expected array to have >=1 items',
  ),
  config(
    'a run without a currency',
    JSON.stringify({ ...CONFIG, currency: 'EURO' }),
    'folder-foreign: run/config.json: currency: is not an ISO 4217 code',
  ),
  command('a command that is not JSON', 'promote please', 'unknown-command: control, command 2: is not JSON'),
  command(
    'a command nobody knows',
    '{"command":"dance","commandId":"c","issuedAt":0}',
    "unknown-command: control, command 2: command: Invalid discriminator value. Expected 'promote' | 'rollback' | 'labels' | 'hold' | 'release'",
  ),
  command(
    'a command without an id',
    '{"command":"release","issuedAt":0}',
    'unknown-command: control, command 2: commandId: Invalid input: expected string, received undefined',
  ),
  {
    what: 'half a line of the journal',
    says: '"expected one whole JSON object"',
    outcome: () => JSON.stringify(parseJournalLine('{"rev":1,')),
  },
  {
    what: 'a revision below nothing in the journal',
    says: '"rev: too_small"',
    outcome: () =>
      JSON.stringify(parseJournalLine('{"rev":-1,"positions":{},"digests":{},"moves":[],"chain":""}')),
  },
]
