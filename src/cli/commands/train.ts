import { basename } from 'node:path'
import { Option, type Command } from 'commander'
import { openBundleFiles } from '../../adapters/files/bundles.ts'
import { trainBundle, TRAIN_DEFAULTS, type Trained, type TrainOptions } from '../../app/train.ts'
import { columnsOf } from '../../domain/segments/assigner.ts'
import type { FeatureSet } from '../../domain/features/feature-set.ts'
import { segmentName } from '../../domain/segments/label.ts'
import { fail } from '../../errors.ts'
import { duration, number, percent } from '../../render/format.ts'
import { facts, table, type Column } from '../../render/table.ts'
import type { Cli } from '../cli.ts'
import { loadFeatureSet } from '../declarations.ts'
import {
  currencyOption,
  decimal,
  durationOption,
  examples,
  featureSetOption,
  FIRST_CURRENCY,
  integer,
  jsonOption,
  seedOption,
} from '../options.ts'
import { tableOfCsv, tableOfEvents, type TrainingTable } from '../training-table.ts'

interface Flags extends Pick<
  TrainOptions,
  'k' | 'components' | 'minEvents' | 'seed' | 'marginRatio' | 'outlier'
> {
  readonly dwell: number | null
  readonly confirmFor: number | null
  readonly events?: readonly string[]
  readonly features?: string
  readonly featureSet: string
  readonly asOf?: string
  readonly currency?: string
  readonly outliers: TrainOptions['outlierCut']
  readonly out: string
  readonly json?: boolean
}

/** `train`: events or a feature table → a bundle. */
export function registerTrain(program: Command, cli: Cli): void {
  const d = TRAIN_DEFAULTS
  program
    .command('train')
    .summary('a model from events or from a feature table')
    .description(
      'Trains a bundle: features → transform → scale → PCA → k-means → named segments. Writes model.json, labels.json and ' +
        'card.md. The same input, options and seed give the same version.',
    )
    .option('--events <file...>', 'events as NDJSON, plain or gzipped; - is standard input')
    .option('--features <file>', 'a table written by `segmentation features`, instead of events')
    .addOption(featureSetOption())
    .option('--as-of <time>', 'use what happened before; default: the end of the events')
    .addOption(currencyOption(`${FIRST_CURRENCY}; a table does not say`))
    .option('--k <n>', 'number of segments', integer(2, 64), d.k)
    .option(
      '--components <n>',
      'PCA axes, or the share of variance to keep (0.9)',
      decimal(0.01, 256),
      d.components,
    )
    .option('--min-events <n>', 'events a user needs to count', integer(1, 1_000_000), d.minEvents)
    .option(
      '--margin-ratio <share>',
      'how much nearer another segment must be to move',
      decimal(0, 0.99),
      d.marginRatio,
    )
    .addOption(durationOption('--dwell <duration>', 'no move earlier than this after the last', d.dwellMs))
    .addOption(
      durationOption(
        '--confirm-for <duration>',
        'without the margin too, once another was the nearest for this long',
        d.confirmForMs,
      ),
    )
    .addOption(
      new Option('--outlier <rule>', 'a user beyond every radius')
        .choices(['ignore', 'segment'])
        .default(d.outlier),
    )
    .addOption(
      new Option('--outliers <cut>', 'rows the centroids are fitted without')
        .choices(['none', 'percentile'])
        .default(d.outlierCut),
    )
    .addOption(seedOption(d.seed))
    .requiredOption('--out <dir>', 'folder of the bundle')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['train --events shop.ndjson --as-of 2025-03-31 --out models/first', 'four segments from events'],
        ['train --features features.csv --k 5 --components 0.9 --out models/five', 'five from a table'],
      ]),
    )
    .action((flags: Flags) => train(cli, flags))
}

async function train(cli: Cli, flags: Flags): Promise<void> {
  const started = performance.now()
  const featureSet = loadFeatureSet(flags.featureSet)
  const input = await readTable(cli, flags, featureSet)
  if (input.unused.length > 0)
    cli.note(`not used, the feature set does not name them: ${input.unused.join(', ')}`)
  const { k, components, minEvents, marginRatio, outlier, seed } = flags
  const options: TrainOptions = {
    ...TRAIN_DEFAULTS,
    k,
    components,
    minEvents,
    marginRatio,
    dwellMs: flags.dwell ?? 0,
    confirmForMs: flags.confirmFor,
    outlier,
    seed,
    outlierCut: flags.outliers,
    source: input.source,
    asOf: input.asOf,
  }
  let progress: ReturnType<Cli['progress']> | undefined
  const onProgress = (done: number, total: number): void => {
    progress ??= cli.progress('train', total, 'steps')
    progress.at(done)
  }
  let trained: Trained
  try {
    trained = trainBundle({ featureSet, table: input.table, options, onProgress })
  } finally {
    progress?.stop()
  }
  await openBundleFiles().save(trained.bundle, trained.labels, flags.out)
  await cli.print(flags.json === true ? trainedJson(trained, flags.out) : trainedText(trained, flags.out))
  cli.note(`trained in ${duration(performance.now() - started)}`)
}

async function readTable(cli: Cli, flags: Flags, featureSet: FeatureSet): Promise<TrainingTable> {
  if ((flags.events === undefined) === (flags.features === undefined)) {
    fail('usage', 'train needs either --events FILE… or --features FILE.csv')
  }
  const { currency } = flags
  if (flags.features === undefined)
    return tableOfEvents(cli, flags.events ?? [], featureSet, flags.asOf, currency)
  if (flags.asOf !== undefined) fail('usage', '--as-of belongs to --events; a table has its own times')
  return tableOfCsv(flags.features, featureSet, currency)
}

function trainedJson({ bundle, metrics, qualities }: Trained, out: string): string {
  const segments = bundle.segments.map(({ key, share }) => ({ key, share }))
  const { users, asOf, currency } = bundle.training
  return JSON.stringify({ out, version: bundle.version, users, asOf, currency, segments, metrics, qualities })
}

function trainedText({ bundle, labels, metrics }: Trained, out: string): string {
  const { training, pca, segments } = bundle
  const columns = columnsOf(bundle.featureSet)
  type Row = (typeof segments)[number]
  const shape: Column<Row>[] = [
    { title: 'SEGMENT', value: (s) => s.key },
    { title: 'NAME', value: (s) => segmentName(labels, s.key, 'en') },
    { title: 'USERS', value: (s) => number(Math.round(s.share * training.users)), align: 'right' },
    { title: 'SHARE', value: (s) => percent(s.share), align: 'right' },
    ...columns.map((f, j): Column<Row> => ({
      title: f.name,
      value: (s) => number(s.profile[j] ?? Number.NaN, 1),
      align: 'right',
    })),
  ]
  const head = facts([
    ['bundle', `${bundle.version.slice(0, 12)} → ${out}`],
    ['users', `${number(training.users)} as of ${training.asOf}, ${basename(training.source)}`],
    [
      'components',
      `${pca.components.length}, keep ${percent(metrics['varianceKept'] ?? Number.NaN)} of the variance`,
    ],
    ['silhouette', number(metrics['silhouette'] ?? Number.NaN, 3)],
  ])
  return `${head}\n\n${table(segments, shape)}`
}
