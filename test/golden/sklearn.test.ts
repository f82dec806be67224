import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseFitted } from '../../src/app/fitted.ts'
import type { Bundle } from '../../src/domain/segments/bundle.ts'
import { compileAssigner } from '../../src/domain/segments/assigner.ts'
import { ROOT, run, tempFolder } from '../cli/run.ts'
import { farthest } from '../domain/model/golden.ts'

interface Recorded {
  readonly rows: number[][]
  readonly fitted: {
    by: string
    columns: string[]
    pca: { components: number[][] }
    centroids: number[][]
  }
  readonly projected: number[][]
  readonly labels: number[]
  readonly inertia: number
}
const SCRIPT = resolve(ROOT, 'test/reference/sklearn_pipeline.py')
const recorded = JSON.parse(readFileSync(SCRIPT.replace(/py$/, 'json'), 'utf8')) as Recorded
const EXACT = 1e-9

const folder = tempFolder()
const at = (name: string): string => join(folder, name)
writeFileSync(at('table.csv'), [recorded.fitted.columns, ...recorded.rows].map((r) => r.join(',')).join('\n'))

async function bring(fitted: unknown, ...more: string[]): Promise<{ code: number | null; err: string }> {
  writeFileSync(at('fitted.json'), JSON.stringify(fitted))
  return run([
    'train',
    '--features',
    at('table.csv'),
    '--fitted',
    at('fitted.json'),
    '--out',
    at('model'),
    ...more,
  ])
}

describe('a pipeline of scikit-learn', () => {
  // with a component turned, as older versions leave them
  const [first, ...rest] = recorded.fitted.pca.components as [number[], ...number[][]]
  const turned = {
    ...recorded.fitted,
    pca: { ...recorded.fitted.pca, components: [first.map((x) => -x), ...rest] },
    centroids: recorded.fitted.centroids.map(([x = 0, ...others]) => [-x, ...others]),
  }

  it.each([
    ['as it is', recorded.fitted],
    ['with a component of the other sign', turned],
  ])('%s gives the same scores, labels and inertia', async (_, fitted) => {
    expect(await bring(fitted)).toMatchObject({ code: 0 })
    const bundle = JSON.parse(readFileSync(at('model/model.json'), 'utf8')) as Bundle
    const { assign, z } = compileAssigner(bundle)
    const partner = new Map<number, number>()
    recorded.rows.forEach((row, i) => {
      const k = assign(Float64Array.from(row))
      expect(farthest(z, recorded.projected[i] as number[])).toBeLessThan(EXACT)
      const label = recorded.labels[i] as number
      expect(partner.get(k) ?? label).toBe(label)
      partner.set(k, label)
    })
    expect(partner.size).toBe(3)
    expect(farthest([bundle.training.metrics['inertia'] as number], [recorded.inertia])).toBeLessThan(EXACT)
    expect(bundle.training.settings['clustering']).toBe(recorded.fitted.by)
  })

  it.each<[string, object, string[], string]>([
    ['another shape', { centroids: [[1], [2]] }, [], 'centroids: expected 2 values, found 1'],
    ['no scale', { scaler: { mean: [0, 0, 0], scale: [1, 0, 1] } }, [], 'scaler.scale.1'],
    [
      'columns that are not in the table',
      { columns: ['Views', 'x', 'y'] },
      [],
      'columns that the table lacks: x, y',
    ],
    [
      'another feature set',
      {},
      ['--feature-set', 'seed'],
      'was fitted on Views (log1p), Total spend (log1p)',
    ],
  ])('with %s is refused', async (_, change, more, text) => {
    const { code, err } = await bring({ ...recorded.fitted, ...change }, ...more)
    expect(code).toBe(1)
    expect(err).toContain(text)
  })
})

const python = process.env['SEGMENTATION_TEST_PYTHON'] ?? 'python3'
const hasSklearn = spawnSync(python, ['-c', 'import sklearn, pandas']).status === 0

it.skipIf(!hasSklearn)(
  'the exporter writes what was recorded (skipped without scikit-learn in SEGMENTATION_TEST_PYTHON)',
  () => {
    const { stdout, status } = spawnSync(python, ['-B', SCRIPT], { encoding: 'utf8' })
    expect(status).toBe(0)
    const now = JSON.parse(stdout) as Recorded
    expect(parseFitted(now.fitted, 'now').columns).toEqual(recorded.fitted.columns)
    expect(farthest(now.fitted.centroids.flat(), recorded.fitted.centroids.flat())).toBeLessThan(EXACT)
    expect(farthest(now.projected.flat(), recorded.projected.flat())).toBeLessThan(EXACT)
  },
)
