import { appendFileSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { KEYS } from '../../src/adapters/embedded/keys.ts'
import { openRunFolder } from '../../src/adapters/embedded/run-folder.ts'
import { openBundleFiles } from '../../src/adapters/files/bundles.ts'
import { commandLine } from '../../src/app/control.ts'
import { ROOT, run, tempFolder } from '../cli/run.ts'
import { failure, outputsOf, stream, USER_ID, type Outputs } from './program.ts'
import { smallShop, textOf, train, type SmallShop } from './small-shop.ts'

const folder = tempFolder()
let shop: SmallShop
let undisturbed: Outputs
let half: number

/** A folder of its own for each row: input, bundle and run. */
interface Place {
  readonly input: string
  readonly model: string
  readonly dir: string
  readonly file: (name: string) => string
}

interface Row {
  readonly what: string
  /** Makes it wrong; what it returns replaces the arguments. */
  readonly spoil: (at: Place) => void | string[] | Promise<void | string[]>
  readonly code: number
  readonly says: readonly string[]
  /** Takes the cause away; without one the former arguments are enough. */
  readonly cure?: (at: Place) => void | Promise<void>
}

const argsOf = ({ input, model, dir }: Place): string[] => ['stream', input, '--model', model, '--state', dir]

function edit(path: string, change: (text: string) => string): void {
  if (!existsSync(`${path}.was`)) copyFileSync(path, `${path}.was`)
  const text = change(readFileSync(path, 'utf8'))
  writeFileSync(path, text)
}
const restore = (path: string): void => renameSync(`${path}.was`, path)

async function setFormat(dir: string, format: number): Promise<void> {
  const folder = await openRunFolder(dir, { create: false })
  await folder.db.put(KEYS.format, Buffer.from(JSON.stringify(format)))
  await folder.close()
}

/** Changes the parsed model, and with it its shapes, not its version. */
function editModel(
  model: string,
  change: (bundle: { centroids: number[][]; radii: number[] }) => void,
): void {
  edit(join(model, 'model.json'), (text) => {
    const bundle = JSON.parse(text) as { centroids: number[][]; radii: number[] }
    change(bundle)
    return JSON.stringify(bundle)
  })
}

const control = (at: Place): string => join(at.dir, 'control.ndjson')
const command = (text: string) => (at: Place) => edit(control(at), (lines) => `${lines}${text}\n`)
const uncommand = (at: Place): void => restore(control(at))
const restoreModel = (at: Place): void => restore(join(at.model, 'model.json'))
const restoreConfig = (at: Place): void => restore(join(at.dir, 'config.json'))

/** Wrong from the very first start on. */
const FIRST: readonly Row[] = [
  {
    what: 'an input that is not there',
    spoil: (at) => renameSync(at.input, `${at.input}.was`),
    code: 2,
    says: ['error [file-missing]: ', 'shop.ndjson: there is no such file', 'Check the path'],
    cure: (at) => restore(at.input),
  },
  {
    what: 'an input that is a folder',
    spoil: (at) => [...argsOf({ ...at, input: folder })],
    code: 2,
    says: ['error [usage]: ', 'is a folder, a file is expected'],
  },
  {
    what: 'a mistyped input',
    spoil: (at) => argsOf({ ...at, input: at.file('sohp.ndjson') }),
    code: 2,
    says: ['error [file-missing]: ', 'sohp.ndjson: there is no such file'],
  },
  {
    what: 'a truncated gzip file',
    spoil: (at) => {
      const whole = gzipSync(readFileSync(at.input))
      edit(at.input, () => '')
      writeFileSync(at.input, whole.subarray(0, Math.floor(whole.length / 2)))
    },
    code: 1,
    says: [
      'error [input-truncated]: ',
      'shop.ndjson: the gzip data ends too early',
      'whole records were read',
      'Replace the file',
    ],
    cure: (at) => {
      restore(at.input)
      writeFileSync(at.input, gzipSync(readFileSync(at.input)))
    },
  },
  {
    what: 'an unknown mapping',
    spoil: (at) => [...argsOf(at), '--mapping', 'nosuch'],
    code: 2,
    says: ['error [file-missing]: ', 'nosuch: not found', 'built in: ', 'rees46'],
  },
  {
    what: 'a bundle that is not there',
    spoil: (at) => argsOf({ ...at, model: at.file('nosuch') }),
    code: 2,
    says: ['error [file-missing]: ', 'no bundle at ', 'nosuch', 'model.json'],
  },
  {
    what: 'a bundle that was changed after training',
    spoil: (at) => editModel(at.model, (b) => ((b.centroids[0] as number[])[0] = 0.125)),
    code: 2,
    says: [
      'error [bundle-hash]: ',
      'model.json: version says ',
      'the content hashes to ',
      'Restore the original',
    ],
    cure: restoreModel,
  },
  {
    what: 'a bundle whose shapes do not fit',
    spoil: (at) => editModel(at.model, (b) => void b.radii.pop()),
    code: 2,
    says: ['error [bundle-invalid]: ', 'radii: expected 4 values, found 3', 'Train the model again'],
    cure: restoreModel,
  },
  {
    what: 'a bundle that is not JSON',
    spoil: (at) => edit(join(at.model, 'model.json'), (text) => text.slice(0, 100)),
    code: 2,
    says: ['error [bundle-invalid]: ', 'model.json: not JSON'],
    cure: restoreModel,
  },
]

/** Wrong in a run that has done half of its input. */
const LATER: readonly Row[] = [
  {
    what: 'another bundle than the run was started with',
    spoil: async (at) => {
      await train(shop.path, at.file('other'), '--k', '3')
      return argsOf({ ...at, model: at.file('other') })
    },
    code: 2,
    says: ['error [folder-foreign]: ', 'was made with bundle ', 'is given', 'new --state folder'],
  },
  {
    what: 'another mapping than the run was started with',
    spoil: (at) => [...argsOf(at), '--mapping', 'segment'],
    code: 2,
    says: [
      'error [folder-foreign]: ',
      'was made with mapping (input shop.ndjson) none, now segment is given',
    ],
  },
  {
    what: 'another input',
    spoil: (at) => {
      copyFileSync(shop.path, at.file('second.ndjson'))
      return [...argsOf(at), at.file('second.ndjson')]
    },
    code: 2,
    says: [
      'error [folder-foreign]: ',
      'was made with inputs shop.ndjson, now shop.ndjson, second.ndjson is given',
    ],
  },
  {
    what: 'a state of another format',
    spoil: (at) => setFormat(at.dir, 99),
    code: 1,
    says: ['error [state-version]: ', 'expected format 1, found 99', 'Run the version that wrote it'],
    cure: (at) => {
      rmSync(join(at.dir, 'state'), { recursive: true })
      renameSync(at.file('state.was'), join(at.dir, 'state'))
    },
  },
  {
    what: 'a config of another format',
    spoil: (at) => edit(join(at.dir, 'config.json'), (text) => text.replace('"format": 1', '"format": 9')),
    code: 1,
    says: ['error [state-version]: ', 'config.json: has format 9, this version reads 1'],
    cure: restoreConfig,
  },
  {
    what: 'a config that someone broke',
    spoil: (at) =>
      edit(join(at.dir, 'config.json'), (text) => text.replace('"locale": "en"', '"locale": "de"')),
    code: 2,
    says: ['error [folder-foreign]: ', 'config.json: locale'],
    cure: restoreConfig,
  },
  {
    what: 'a state that is gone',
    spoil: (at) => rmSync(join(at.dir, 'state'), { recursive: true }),
    code: 1,
    says: ['error [state-lost]: ', 'there is no state, but', 'revisions were published'],
    cure: (at) => {
      rmSync(join(at.dir, 'state'), { recursive: true, force: true })
      renameSync(at.file('state.was'), join(at.dir, 'state'))
    },
  },
  {
    what: 'a command that nobody knows',
    spoil: command('{"command":"dance","commandId":"c","issuedAt":0}'),
    code: 1,
    says: ['error [unknown-command]: ', 'control, command 2: command: '],
    cure: uncommand,
  },
  {
    what: 'a command that is not JSON',
    spoil: command('promote please'),
    code: 1,
    says: ['error [unknown-command]: ', 'control, command 2: is not JSON'],
    cure: uncommand,
  },
  {
    what: 'a bundle of another feature set, promoted',
    spoil: async (at) => {
      await train(shop.path, at.file('other'), '--feature-set', 'default')
      const { bundle, labels } = await openBundleFiles().load(at.file('other'))
      command(commandLine({ command: 'promote', commandId: 'c', issuedAt: 0, bundle, labels }).trimEnd())(at)
    },
    code: 1,
    says: [
      'error [needs-other-aggregates]: ',
      'bundle ',
      'its features are not those',
      'Start a new run with it',
    ],
    cure: uncommand,
  },
]

beforeAll(async () => {
  shop = await smallShop(folder)
  half = Math.floor(shop.lines.length / 2)
  await stream(0, shop.path, '--model', shop.model, '--state', join(folder, 'undisturbed'))
  undisturbed = outputsOf(join(folder, 'undisturbed'))
})

let places = 0

function newPlace(lines: readonly string[]): Place {
  const own = join(folder, `place-${places++}`)
  mkdirSync(own)
  const file = (name: string): string => join(own, name)
  writeFileSync(file('shop.ndjson'), textOf(lines))
  cpSync(shop.model, file('model'), { recursive: true })
  return { input: file('shop.ndjson'), model: file('model'), dir: file('run'), file }
}

/** The one clear message, then the cure, then the end as if nothing had happened. */
async function carryOut(row: Row, at: Place): Promise<void> {
  const args = (await row.spoil(at)) ?? argsOf(at)
  const before = outputsOf(at.dir)
  const result = await run(args)
  expect(failure(result, row.says)).toEqual({ code: row.code, missing: [], said: '' })
  expect(result.err).not.toMatch(USER_ID)
  // one line that says it, one that says what to do
  expect(result.err.trimEnd().split('\n')).toHaveLength(2)
  const after = outputsOf(at.dir)
  for (const name of ['changed', 'segments', 'refused'] as const) {
    expect(after[name].startsWith(before[name])).toBe(true)
  }
  await row.cure?.(at)
  expect(await run(argsOf(at))).toMatchObject({ code: 0, err: '' })
  expect(outputsOf(at.dir)).toEqual(undisturbed)
}

describe.concurrent('at a first start', () => {
  it.each(FIRST)('$what: one message; once it is cured the same command does it all', async (row) => {
    await carryOut(row, newPlace(shop.lines))
  })
})

describe.concurrent('in a run that has begun', () => {
  it.each(LATER)('$what: one message; once it is cured the run goes on', async (row) => {
    const at = newPlace(shop.lines.slice(0, half))
    await stream(0, ...argsOf(at).slice(1))
    cpSync(join(at.dir, 'state'), at.file('state.was'), { recursive: true })
    appendFileSync(at.input, textOf(shop.lines.slice(half)))
    await carryOut(row, at)
  })
})

it('a mapping that was changed since is not the one the run was started with, whatever its name', async () => {
  const at = newPlace([])
  const header = 'event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session'
  writeFileSync(at.file('shop.csv'), textOf([header, '2019-10-01 00:00:01 UTC,view,1,2,a.b,c,9.99,7,s']))
  const mapping = at.file('shop.json')
  copyFileSync(join(ROOT, 'models/mappings/rees46.json'), mapping)
  const args = [at.file('shop.csv'), '--mapping', mapping, '--model', at.model, '--state', at.dir]
  await stream(0, ...args)
  edit(mapping, (text) => text.replace('"USD"', '"EUR"'))
  const parts = [
    'error [folder-foreign]: ',
    'with mapping (input shop.csv) rees46, now another one of that name is given',
  ]
  expect(failure(await run(['stream', ...args]), parts)).toEqual({ code: 2, missing: [], said: '' })
  restore(mapping)
  await stream(0, ...args)
})
