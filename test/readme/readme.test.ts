import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { generateShop, SHOP_START_MS } from '../../src/app/generate/shop.ts'
import { parseLiveConfig } from '../../src/live-config.ts'
import { ROOT, tempFolder } from '../cli/run.ts'
import { freshCopy } from './fresh-copy.ts'
import { blocksOf, commandsOf, inlineCode, linkedPaths } from './markdown.ts'

// The README is run, not read: every command of it, in a fresh copy, one after the other, as a person would.
const WHOLE = readFileSync(join(ROOT, 'README.md'), 'utf8')
/** Without what the demo prints: that is no command. */
const README = WHOLE.replace(/<!-- demo -->[\s\S]*<!-- \/demo -->/, '')
const commands = commandsOf(README)
const code = inlineCode(README)

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>
}
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest

const folder = tempFolder()
/** Where the project lies, and where a person works. */
const copy = join(folder, 'project')
const work = join(folder, 'work')
const MAIN = join(copy, 'dist/main.js')

/** Makes a command as small as a test needs it. */
const SMALLER: readonly (readonly [begins: string, more: string])[] = [
  ['npm run demo', ' -- --users 150 --days 30'],
  ['npx segmentation generate', ' --users 60 --days 20'],
]

/** Needs the network or servers (test/live runs those), or is what runs this very test. */
const NOT_RUN = /^npm (ci|test)$|--config live.yaml/

function run(command: string): { status: number | null; out: string; err: string } {
  const more = SMALLER.find(([begins]) => command.startsWith(begins))?.[1] ?? ''
  const line = `${command}${more}`.replace(/^npx segmentation\b/, `"${process.execPath}" "${MAIN}"`)
  const cwd = command.startsWith('npm ') ? copy : work
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { cwd, encoding: 'utf8', timeout: 60_000 })
  return { status, out: stdout, err: stderr }
}

/** `clicks.csv`, as the README takes it for given: 100 days of a small shop. */
function writeOwnData(): void {
  const columns = ['id', 'customer', 'at', 'what', 'article', 'group', 'price', 'order'] as const
  const kinds = ['page_viewed', 'product_viewed', 'product_added', 'product_removed', 'order_completed']
  const shop = generateShop({ users: 80, days: 100, seed: 3, startMs: SHOP_START_MS })
  const events = [...shop].filter((e) => kinds.includes(e.kind))
  const rows = events.map((e) => {
    const at = new Date(e.eventTime).toISOString()
    const price = e.amountMinor === undefined ? '' : (e.amountMinor / 100).toFixed(2)
    return [e.eventId, e.userId, at, e.kind, e.product, e.category, price, e.orderId]
      .map((x) => x ?? '')
      .join(',')
  })
  writeFileSync(join(work, 'clicks.csv'), `${[columns.join(','), ...rows].join('\n')}\n`)
}

beforeAll(() => {
  mkdirSync(copy)
  mkdirSync(work)
  freshCopy(copy)
  writeOwnData()
})

describe('the commands of the README', () => {
  it('are there', () => {
    expect(commands.length).toBeGreaterThan(5)
    expect(commands.filter((command) => !/^(npm|npx segmentation) /.test(command))).toEqual([])
  })

  // in their order: each works on what those before it have made
  it.each(commands.filter((command) => !NOT_RUN.test(command)))('%s', (command) => {
    const { status, err } = run(command)
    expect({ status, err: status === 0 ? '' : err }).toEqual({ status: 0, err: '' })
    expect(err).not.toMatch(/^✗|refused, /m)
  })

  it('are given a config that a consumer takes', () => {
    const configs = blocksOf(README, 'yaml')
    expect(configs).toHaveLength(1)
    expect(parseLiveConfig(configs[0] as string, 'README.md')).toMatchObject({
      app: 'shop',
      model: 'models/first',
    })
  })

  it('name scripts that there are', () => {
    const named = commands.filter((command) => command.startsWith('npm ') && command !== 'npm ci')
    expect(named.map((command) => command.replace(/^npm (run )?/, '').split(' ')[0])).toEqual(
      expect.arrayContaining(['demo', 'test']),
    )
    for (const command of named) {
      expect(Object.keys(scripts)).toContain(command.replace(/^npm (run )?/, '').split(' ')[0])
    }
  })
})

describe('what the README says in passing', () => {
  const quoted = code.filter((text) => text.startsWith('npx segmentation') && !text.includes('<'))

  it.each(quoted)('%s', (command) => {
    const { status, err } = run(command)
    expect({ status, err: status === 0 ? '' : err }).toEqual({ status: 0, err: '' })
  })

  it('are options that a command has', () => {
    const help = (...args: string[]): string =>
      execFileSync(process.execPath, [MAIN, 'help', ...args], { encoding: 'utf8' })
    const verbs = [...help().matchAll(/^ {2}(\w+) .*$/gm)]
      .map((line) => line[1] as string)
      .filter((verb) => verb !== 'help')
    expect(verbs).toEqual(expect.arrayContaining(['stream', 'train', 'replay']))
    const known = new Set(verbs.flatMap((verb) => help(verb).match(/--[a-z-]+/g) ?? []))
    const options = code.flatMap((text) => text.match(/--[a-z-]+/g) ?? [])
    expect(options).toEqual(expect.arrayContaining(['--follow', '--json']))
    expect(options.filter((option) => !known.has(option))).toEqual([])
  })

  it('are files and folders that are there, or that its commands have made', () => {
    const places = [copy, work, join(work, 'run'), join(work, 'models/first')]
    const paths = [
      ...linkedPaths(WHOLE),
      ...code.filter((text) => /^[\w./-]+(\/|\.(json|ndjson|md|csv))$/.test(text.replace('*.', 'any.'))),
    ]
    expect(paths).toEqual(expect.arrayContaining(['schemas/', 'run/', 'segment-changed.ndjson', 'card.md']))
    const missing = paths.filter((path) => {
      const place = path.includes('*') ? path.slice(0, path.indexOf('*')) : path
      // the copy is without tests, and so without the pictures that their scripts make
      const roots = path.startsWith('test/readme/') ? [ROOT] : places
      return !roots.some((root) => existsSync(join(root, place)))
    })
    expect(missing).toEqual([])
  })

  it('are names of fields and kinds that the schemas know, of events, a config or the chart', () => {
    const config = execFileSync(process.execPath, [MAIN, 'config', 'schema'], { encoding: 'utf8' })
    const chart = readFileSync(join(copy, 'helm/values.schema.json'), 'utf8')
    const schemas = readFileSync(join(copy, 'schemas/event.schema.json'), 'utf8') + config + chart
    const names = code.filter((text) => /^[a-z]+([A-Z][a-z]+|_[a-z]+)+$/.test(text))
    expect(names).toEqual(expect.arrayContaining(['eventId', 'order_completed']))
    expect(names.filter((name) => !schemas.includes(`"${name}"`))).toEqual([])
  })

  it('are variables that the program reads', () => {
    const variables = code.flatMap((text) => /^([A-Z][A-Z_]+)=/.exec(text)?.[1] ?? [])
    expect(variables).toEqual(['SEGMENTATION_DEBUG'])
    const program = readFileSync(join(copy, 'dist/cli/program.js'), 'utf8')
    expect(variables.filter((name) => !program.includes(name))).toEqual([])
  })
})

describe('the package', () => {
  it('holds the build, schemas, models, README and licence, and nothing else', () => {
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: copy,
      encoding: 'utf8',
    })
    const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }]
    const paths = files.map((file) => file.path)
    const foreign = paths.filter(
      (path) =>
        !/^(README\.md|LICENSE|package\.json|dist\/.+\.js|schemas\/[^/]+\.(json|avsc)|models\/((feature-sets|mappings)\/[^/]+\.json|export_sklearn\.py))$/.test(
          path,
        ),
    )
    expect(foreign).toEqual([])
    for (const path of [
      'README.md',
      'LICENSE',
      'dist/main.js',
      'schemas/event.avsc',
      'models/mappings/rees46.json',
    ])
      expect(paths).toContain(path)
    // one file of the build for each of the source, and none that an earlier build has left
    const built = paths.filter((path) => path.startsWith('dist/'))
    for (const path of built) {
      expect(existsSync(join(copy, path.replace(/^dist\/(.+)\.js$/, 'src/$1.ts')))).toBe(true)
    }
  })
})
