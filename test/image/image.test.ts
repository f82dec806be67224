import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MINUTE_MS } from '../../src/domain/base/duration.ts'
import { Place } from '../adapters/kafka/place.ts'
import { ROOT, run, tempFolder } from '../cli/run.ts'
import { ofKind, render } from '../helm/render.ts'
import { tool } from '../helm/tools.ts'
import { until } from '../live/consumer.ts'
import { freePorts } from '../support/servers/ports.ts'
import { quietClient, startRedis, type RedisServer } from '../support/servers/redis.ts'
import { docker, dockerOut } from './docker.ts'
import { asPod, type Beside } from './pod.ts'

// The base is an image that this machine's Docker has: of Node 24 with npm (test/image/base.sh makes one of packages).
const BASE = process.env['SEGMENTATION_TEST_BASE_IMAGE'] ?? ''
if (BASE === '')
  process.stdout.write('no image is built: SEGMENTATION_TEST_BASE_IMAGE names no base of Node 24 with npm\n')

const IMAGE = `segmentation-test-image-${process.pid}`
const VOLUME = `segmentation-test-data-${process.pid}`
const MIB = 1024 * 1024
const USER = '10001:10001'
const helm = tool('helm')

/** As tight as a cluster would have it: no rights, no network, nothing to write to but what is given. */
const TIGHT = ['--read-only', '--network', 'none', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']
const SCRATCH = ['--tmpfs', '/tmp', '--tmpfs', '/data:uid=10001']

interface Inspected {
  readonly Size: number
  readonly Config: {
    readonly User: string
    readonly Entrypoint: readonly string[]
    readonly Labels: Readonly<Record<string, string>>
  }
}
const inspected = async (image: string): Promise<Inspected> =>
  (JSON.parse(await dockerOut(['image', 'inspect', image])) as [Inspected])[0]

/** What a script prints inside, as JSON. */
async function inside<T>(script: string, options: readonly string[] = []): Promise<T> {
  const out = await dockerOut(['run', '--rm', ...options, '--entrypoint', 'node', IMAGE, '-p', script])
  return JSON.parse(out) as T
}

const PACKAGES = `JSON.stringify(fs.globSync('/app/**/node_modules/{*,@*/*}/package.json').map((path) => {
  const { name, version } = JSON.parse(fs.readFileSync(path)); return name + '@' + version }).sort())`

describe.skipIf(BASE === '')(
  'the image',
  () => {
    beforeAll(async () => {
      const args = ['--build-arg', `BASE=${BASE}`, '--build-arg', 'REVISION=abc123', '--network', 'host']
      await dockerOut(['build', '-q', '-t', IMAGE, ...args, ROOT])
    }, 10 * MINUTE_MS)
    afterAll(async () => {
      await docker(['volume', 'rm', '-f', VOLUME])
      await docker(['rmi', '-f', IMAGE])
    })

    it('says what it is, and runs as nobody in particular', async () => {
      const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
      const { Config } = await inspected(IMAGE)
      expect(Config).toMatchObject({ User: USER, Entrypoint: ['segmentation'] })
      expect(Config.Labels).toMatchObject({
        'org.opencontainers.image.title': 'segmentation',
        'org.opencontainers.image.licenses': 'MIT',
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.revision': 'abc123',
      })
      expect(await dockerOut(['run', '--rm', IMAGE, '--version'])).toContain(`segmentation ${version}\n`)
    })

    it('adds less than 80 MiB to its base', async () => {
      const added = ((await inspected(IMAGE)).Size - (await inspected(BASE)).Size) / MIB
      process.stdout.write(`image: ${added.toFixed(1)} MiB on top of ${BASE}\n`)
      expect(added).toBeGreaterThan(1)
      expect(added).toBeLessThan(80)
    })

    it('holds the production dependencies of the lock, its bill of materials names each of them', async () => {
      const held = await inside<string[]>(PACKAGES)
      const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
        packages: Record<string, { version: string; dev?: boolean; optional?: boolean }>
      }
      const locked = Object.entries(lock.packages).flatMap(
        ([path, { version, dev = false, optional = false }]) =>
          path === '' || dev ? [] : [{ id: `${path.replace(/^.*node_modules\//, '')}@${version}`, optional }],
      )
      const known = new Set(locked.map(({ id }) => id))
      expect(held.filter((id) => !known.has(id))).toEqual([])
      expect(locked.filter(({ id, optional }) => !optional && !held.includes(id))).toEqual([])

      const bill = await inside<{
        bomFormat: string
        specVersion: string
        metadata: { component: { name: string } }
        components: { name: string; version: string; purl: string; licenses?: unknown[] }[]
      }>(`fs.readFileSync('/app/sbom.cdx.json', 'utf8')`)
      expect(bill).toMatchObject({
        bomFormat: 'CycloneDX',
        metadata: { component: { name: 'amazing-segmentation' } },
      })
      expect(bill.specVersion).toMatch(/^1\.\d$/)
      expect(bill.components.map(({ name, version }) => `${name}@${version}`).sort()).toEqual([
        ...new Set(held),
      ])
      expect(bill.components.filter((c) => !c.purl.startsWith('pkg:npm/'))).toEqual([])
      const lacking = bill.components.filter((c) => (c.licenses ?? []).length === 0).map(({ name }) => name)
      // its licence (MIT) is in a file, not in its manifest
      expect(lacking).toEqual(['@kafkajs/confluent-schema-registry'])
    })

    it('holds no sources, tests or secrets of the checkout, and nothing that its user may change', async () => {
      const entries = await inside<string[]>(`JSON.stringify(fs.readdirSync('/app').sort())`)
      expect(entries).toEqual([
        'LICENSE',
        'README.md',
        'dist',
        'models',
        'node_modules',
        'package.json',
        'sbom.cdx.json',
        'schemas',
      ])
      const writable = `JSON.stringify(['/', ...fs.globSync('/{app,data,etc,home,opt,root,srv,usr,var}{,/**}')].filter((path) => {
      try { fs.accessSync(path, fs.constants.W_OK); return !fs.lstatSync(path).isSymbolicLink() } catch { return false } }))`
      expect((await inside<string[]>(writable)).sort()).toEqual(['/data', '/var/tmp'])
    })

    it('gives its heap the share of the memory limit that it is asked to', async () => {
      const options = ['-m', '512m', '-e', 'NODE_OPTIONS=--max-old-space-size-percentage=60']
      const heap = (await inside<number>('v8.getHeapStatistics().heap_size_limit', options)) / MIB
      expect(heap).toBeGreaterThan(0.55 * 512)
      expect(heap).toBeLessThan(0.65 * 512)
    })

    it('runs the demo on a read-only file system, without network or rights', async () => {
      const demo = 'demo --users 150 --days 30 --json'.split(' ')
      const args = ['run', '--rm', ...TIGHT, ...SCRATCH, IMAGE, ...demo]
      const { checks } = JSON.parse(await dockerOut(args)) as { checks: object }
      expect(checks).toMatchObject({ kills: 2, lost: 0, doubled: 0, replayEqual: true })
    })

    describe('with a volume', () => {
      const on = ['--rm', ...TIGHT, '--tmpfs', '/tmp', '-v', `${VOLUME}:/data`]
      const segmentation = (line: string): Promise<string> =>
        dockerOut(['run', ...on, IMAGE, ...line.split(' ')])

      it('streams files, and goes on where it stopped', async () => {
        await segmentation('generate --users 100 --days 40 --out shop.ndjson')
        await segmentation('train --events shop.ndjson --as-of 2025-01-20 --k 3 --out models/first')
        const stream = 'stream shop.ndjson --model models/first --state run --json'
        const first = JSON.parse(await segmentation(stream)) as { records: number }
        expect(first.records).toBeGreaterThan(100)
        const again = JSON.parse(await segmentation('stream --state run --json')) as { records: number }
        expect(again).toMatchObject({ records: first.records })
      })

      it('ends in order when it is asked to', async () => {
        const name = `${VOLUME}-follow`
        await segmentation('generate --users 60 --days 30 --out more.ndjson')
        const follow =
          'stream more.ndjson --model models/first --state follow --follow --ops-port 9404'.split(' ')
        await dockerOut(['run', '-d', '--name', name, ...on.slice(1), IMAGE, ...follow])
        try {
          const probe = `fetch('http://127.0.0.1:9404/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`
          await until(
            'it is ready',
            async () => (await docker(['exec', name, 'node', '-e', probe])).code === 0,
          )
          await dockerOut(['stop', '-t', '30', name])
          expect((await dockerOut(['wait', name])).trim()).toBe('0')
        } finally {
          await docker(['rm', '-f', name])
        }
      })
    })

    describe.skipIf(helm === undefined)('as the chart runs it', () => {
      const kafka = new Place()
      const folder = tempFolder()
      let redis: RedisServer | string = 'not started'
      const name = `${VOLUME}-consumer`
      beforeAll(async () => {
        await kafka.start()
        redis = await startRedis()
      }, 2 * MINUTE_MS)
      afterAll(async () => {
        await docker(['rm', '-f', name])
        if (typeof redis !== 'string') await redis.stop()
        await kafka.stop()
      })

      it('makes its topics, joins, answers, takes a model and leaves, with its secret from a file', async (context) => {
        if (kafka.missing !== undefined || typeof redis === 'string') {
          context.skip()
          return
        }
        const [port = 0] = await freePorts(1)
        const [{ host, port: redisPort } = { host: '', port: 0 }] = redis.access.nodes
        const client = quietClient(redisPort)
        await client.call('ACL', 'SETUSER', 'segmentation', 'on', '>horse-battery', '~*', '&*', '+@all')
        client.disconnect()
        await kafka.createTopics(['clicks', 'orders'], 2)
        expect(
          await run(['generate', '--users', '80', '--days', '40', '--out', join(folder, 'shop')]),
        ).toMatchObject({ code: 0 })
        const train = ['train', '--events', join(folder, 'shop'), '--k', '3', '--as-of', '2025-02-01']
        expect(await run([...train, '--out', join(folder, 'first')])).toMatchObject({ code: 0 })

        const manifests = await render(helm ?? '', 'development', {
          config: {
            kafka: { brokers: kafka.server.brokers, partitions: 2 },
            redis: { nodes: [`${host}:${redisPort}`], username: 'segmentation' },
          },
          fromSecrets: { 'redis.password': { secret: 'shop-redis', key: 'password' } },
          ops: { port },
        })
        const files = readdirSync(join(folder, 'first'))
        const model = files.map((file) => [file, readFileSync(join(folder, 'first', file), 'utf8')] as const)
        const beside: Beside = {
          configMaps: { 'shop-model': Object.fromEntries(model) },
          secrets: { 'shop-redis': { password: 'horse-battery\n' } },
        }
        const pod = (kind: string): string[] => {
          const manifest = ofKind(manifests, kind)
          if (manifest === undefined) throw new Error(`no ${kind}`)
          return asPod(manifest, manifests, beside, join(folder, kind), IMAGE)
        }
        expect(await dockerOut(['run', '--rm', ...pod('Job')])).toContain('create     shop.journal.v1')
        await dockerOut(['run', '-d', '--name', name, ...pod('Deployment')])
        const ready = async (): Promise<boolean> =>
          (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok === true
        await until('it is ready', ready, async () => (await docker(['logs', name])).err)
        const inPod = ['exec', name, 'segmentation']
        const config = ['--config', '/etc/segmentation/live.yaml']
        await dockerOut([...inPod, 'promote', ...config, '--model', '/files/model', '--at', 'start'])
        const standing = async (): Promise<boolean> =>
          /shop-segmentation[^]*shop-segmentation/.test(await dockerOut(['run', '--rm', ...pod('Pod')]))
        await until('it holds both tasks', standing)
        await dockerOut(['stop', '-t', '30', name])
        expect((await dockerOut(['wait', name])).trim()).toBe('0')
      })
    })
  },
  5 * MINUTE_MS,
)
