/**
 * Times the numerics of training on one core: rows × features → scaler → PCA → k-means, and the choice of k, on well separated
 * groups.
 * `npm run build && node test/bench/train.mjs [rows] [features] [components] [k] [starts]`
 */
import { candidatesOf, MAX_K, MIN_K } from '../../dist/app/choose-k.js'
import { chooseK } from '../../dist/domain/model/choose-k.js'
import { kmeans } from '../../dist/domain/model/kmeans.js'
import { matrixOf } from '../../dist/domain/model/matrix.js'
import { fitPca, projectRows } from '../../dist/domain/model/pca.js'
import { fitScaler, standardise } from '../../dist/domain/model/scaler.js'
import { seededRandom } from '../../dist/domain/base/random.js'

const [rows = 1_000_000, features = 16, components = 5, k = 4, starts = 10] = process.argv
  .slice(2)
  .map(Number)
const GROUP_DISTANCE = 6

const x = groups(rows, features, k)
const { result: projected, ms: pcaMs } = timed(() => {
  const scaler = fitScaler(x)
  const scaled = matrixOf(rows, features)
  standardise(x, scaler, scaled)
  return projectRows(scaled, fitPca(scaled, components))
})
print('scaler + PCA + projection', pcaMs)
const { result: five, ms: kmeansMs } = timed(() => kmeans(projected, { k, seed: 1, starts }))
print(
  `k-means, ${components} columns, ${starts} starts`,
  kmeansMs,
  `${five.iterations} passes, inertia ${five.inertia.toFixed(1)}`,
)
const { result: wide, ms: wideMs } = timed(() => kmeans(x, { k, seed: 1, starts }))
print(
  `k-means, ${features} columns, ${starts} starts`,
  wideMs,
  `${wide.iterations} passes, inertia ${wide.inertia.toFixed(1)}`,
)

const tenth = matrixOf(rows / 10, features, x.data.subarray(0, (rows / 10) * features))
const fit = { seed: 1, starts, tolerance: 1e-4, outlierCut: 'none', clustering: 'auto' }
const { result: candidates, ms: choiceMs } = timed(() => candidatesOf(tenth, fit))
print(
  `k ${MIN_K} to ${MAX_K}, ${features} columns, a tenth of the rows`,
  choiceMs,
  `chosen ${chooseK(candidates)}`,
)

/** Rows around k random centres, unit normal noise. */
function groups(n, cols, k) {
  const random = seededRandom(42)
  const centres = Float64Array.from({ length: k * cols }, () => random.normal() * GROUP_DISTANCE)
  const m = matrixOf(n, cols)
  for (let i = 0; i < n; i++) {
    const q = random.below(k) * cols
    for (let c = 0; c < cols; c++) m.data[i * cols + c] = centres[q + c] + random.normal()
  }
  return m
}

function timed(work) {
  const from = performance.now()
  const result = work()
  return { result, ms: performance.now() - from }
}

function print(what, ms, note = '') {
  process.stdout.write(`${what.padEnd(36)} ${(ms / 1000).toFixed(2).padStart(6)} s  ${note}\n`)
}
