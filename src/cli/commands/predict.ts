import type { Command } from 'commander'
import { openBundleFiles } from '../../adapters/files/bundles.ts'
import { predict, type Prediction } from '../../app/predict.ts'
import { alignTable } from '../../app/training-table.ts'
import type { FeatureSet } from '../../domain/features/feature-set.ts'
import { columnsOf } from '../../domain/segments/assigner.ts'
import { fail } from '../../errors.ts'
import { number } from '../../render/format.ts'
import { facts, table } from '../../render/table.ts'
import type { Cli } from '../cli.ts'
import { examples, jsonOption } from '../options.ts'
import { readFeatureCsv } from '../training-table.ts'

interface Flags {
  readonly model: string
  readonly vector?: string
  readonly features?: string
  readonly json?: boolean
}

/** `predict`: where a vector, or everybody in a table, belongs. */
export function registerPredict(program: Command, cli: Cli): void {
  program
    .command('predict')
    .summary('the segment of a vector, or of everybody in a table')
    .description(
      'Places raw feature values with a bundle. One vector: segment, distances and reasons. A table: CSV with one line ' +
        'per row. History plays no part: no hysteresis, no minimum of events.',
    )
    .requiredOption('--model <dir>', 'folder, file, or version of a bundle')
    .option('--vector <json>', 'array in the order of the feature set, or object by feature name')
    .option('--features <file>', 'a table written by `segmentation features`')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ["predict --model models/first --vector '[42,30,5,2,99.5,3,0.5]'", 'one vector'],
        ['predict --model models/first --features features.csv > segments.csv', 'everybody in a table'],
      ]),
    )
    .action((flags: Flags) => run(cli, flags))
}

async function run(cli: Cli, flags: Flags): Promise<void> {
  if ((flags.vector === undefined) === (flags.features === undefined)) {
    fail('usage', 'predict needs either --vector JSON or --features FILE.csv')
  }
  const { bundle, labels } = await openBundleFiles().load(flags.model)
  const columns = columnsOf(bundle.featureSet).map((f) => f.name)
  if (flags.vector !== undefined) {
    const found = predict(bundle, labels, vectorOf(flags.vector, columns))
    return cli.print(flags.json === true ? JSON.stringify(found) : predictionText(found, columns))
  }
  const place = (raw: Float64Array): Prediction => predict(bundle, labels, raw)
  await predictTable(cli, flags.features ?? '', bundle.featureSet, place, flags.json === true)
}

async function predictTable(
  cli: Cli,
  path: string,
  featureSet: FeatureSet,
  place: (raw: Float64Array) => Prediction,
  json: boolean,
): Promise<void> {
  const csv = readFeatureCsv(path)
  const { values, columns } = alignTable(csv.table, featureSet).table
  if (!json) await cli.print('user_id,segment,distance,margin,outlier')
  for (let i = 0; i < csv.users.length; i++) {
    const found = place(values.subarray(i * columns.length, (i + 1) * columns.length))
    const user = csv.users[i] ?? ''
    if (json) await cli.print(JSON.stringify({ userId: user, ...found }))
    else {
      const nearest = Math.min(...found.distances.map((d) => d.distance))
      await cli.print([quoted(user), found.segment, nearest, found.margin, found.outlier].join(','))
    }
  }
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** An array in the order of the columns, or an object that names every one. Throws `usage`. */
export function vectorOf(text: string, columns: readonly string[]): number[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fail('usage', `--vector: not JSON; expected numbers for ${columns.join(', ')}`)
  }
  const listed = Array.isArray(value) ? (value as unknown[]) : namedValues(value, columns)
  const bad = listed.findIndex((x) => typeof x !== 'number')
  if (bad >= 0) fail('usage', `--vector: ${columns[bad] ?? `value ${bad + 1}`} is no number`)
  return listed as number[]
}

function namedValues(value: unknown, columns: readonly string[]): unknown[] {
  if (value === null || typeof value !== 'object') fail('usage', '--vector: expected a JSON array or object')
  const record = value as Record<string, unknown>
  const stranger = Object.keys(record).find((name) => !columns.includes(name))
  if (stranger !== undefined) {
    fail('usage', `--vector: "${stranger}" is no feature of the bundle, expected ${columns.join(', ')}`)
  }
  return columns.map((name) => record[name])
}

function predictionText(p: Prediction, columns: readonly string[]): string {
  const head = facts([
    ['segment', `${p.segment} (${p.name})${p.outlier ? ', beyond its radius' : ''}`],
    ['margin', number(p.margin, 3)],
    ['why', p.summary],
  ])
  const near = [...p.distances].sort((a, b) => a.distance - b.distance)
  const distances = table(near, [
    { title: 'SEGMENT', value: (d) => d.segment },
    { title: 'DISTANCE', value: (d) => number(d.distance, 3), align: 'right' },
  ])
  const { raw, transformed, scaled, projected } = p.steps
  const steps = table(
    [...columns.keys()],
    [
      { title: 'FEATURE', value: (j) => columns[j] ?? '' },
      { title: 'RAW', value: (j) => number(raw[j] ?? Number.NaN, 2), align: 'right' },
      { title: 'TRANSFORMED', value: (j) => number(transformed[j] ?? Number.NaN, 3), align: 'right' },
      { title: 'SCALED', value: (j) => number(scaled[j] ?? Number.NaN, 3), align: 'right' },
    ],
  )
  const position = `position  ${projected.map((z) => number(z, 3)).join('  ')}`
  return [head, distances, steps, position].join('\n\n')
}
