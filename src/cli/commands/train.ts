import { basename } from 'node:path'
import type { Command } from 'commander'
import { openBundleFiles } from '../../adapters/files/bundles.ts'
import { checkFitted, fittedFeatures, parseFitted, type Fitted } from '../../app/fitted.ts'
import { studyOf } from '../../app/study/build.ts'
import type { Study } from '../../app/study/study.ts'
import { trainBundle, TRAIN_DEFAULTS, type Trained, type TrainOptions } from '../../app/train.ts'
import { CHOICE_RULE, elbow, leastStability } from '../../domain/model/choose-k.ts'
import { columnsOf } from '../../domain/segments/assigner.ts'
import { parseFeatureSet, type FeatureSet } from '../../domain/features/feature-set.ts'
import { segmentName } from '../../domain/segments/label.ts'
import { fail } from '../../errors.ts'
import { counted, duration, number, percent } from '../../render/format.ts'
import { facts, table, type Column } from '../../render/table.ts'
import type { Cli } from '../cli.ts'
import { FEATURE_SET_DEFAULT, loadFeatureSet, readText } from '../declarations.ts'
import {
  currencyOption,
  examples,
  featureSetChoice,
  FIRST_CURRENCY,
  jsonOption,
  seedOption,
} from '../options.ts'
import {
  addFitOptions,
  addPolicyOptions,
  fitOptionsOf,
  policyOf,
  type FitFlags,
  type PolicyFlags,
} from '../train-options.ts'
import { removeStudy, writeStudy } from '../study-file.ts'
import { tableOfCsv, tableOfEvents, type TrainingTable } from '../training-table.ts'

interface Flags extends FitFlags, PolicyFlags {
  readonly seed: number
  readonly events?: readonly string[]
  readonly features?: string
  readonly fitted?: string
  readonly featureSet?: string
  readonly asOf?: string
  readonly study: boolean
  readonly currency?: string
  readonly out: string
  readonly json?: boolean
}

/** `train`: events or a feature table → a bundle. */
export function registerTrain(program: Command, cli: Cli): void {
  const command = program
    .command('train')
    .summary('a model from events or from a feature table')
    .description(
      'Trains a bundle: features → transform → scale → PCA → k-means → named segments. Writes model.json, labels.json and ' +
        'card.md. The same input, options and seed give the same version.',
    )
    .option('--events <file...>', 'events as NDJSON, plain or gzipped; - is standard input')
    .option('--features <file>', 'a table written by `segmentation features`, instead of events')
    .option(
      '--fitted <file>',
      'numbers of a scikit-learn pipeline (models/export_sklearn.py): nothing is fitted',
    )
    .addOption(
      featureSetChoice(`; default: ${FEATURE_SET_DEFAULT}, of a table its columns of numbers as they are`),
    )
    .option('--as-of <time>', 'use what happened before; default: the end of the events')
    .addOption(currencyOption(`${FIRST_CURRENCY}; a table does not say`))
  addFitOptions(command)
  addPolicyOptions(command)
  command
    .addOption(seedOption(TRAIN_DEFAULTS.seed))
    .option('--no-study', 'leave out study.json, from which reports are made')
    .requiredOption('--out <dir>', 'folder of the bundle')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['train --events shop.ndjson --as-of 2025-03-31 --out models/first', 'four segments from events'],
        ['train --events shop.ndjson --k auto --out models/best', 'as many segments as the data bears'],
        ['train --features features.csv --k 5 --components 0.9 --out models/five', 'five from a table'],
      ]),
    )
    .action((flags: Flags) => train(cli, flags))
}

async function train(cli: Cli, flags: Flags): Promise<void> {
  const started = performance.now()
  const { featureSet, fitted, ...input } = await readTable(cli, flags)
  if (input.unused.length > 0) {
    const named = flags.featureSet !== undefined || fitted !== undefined
    const why = named ? 'the feature set does not name them' : 'they hold no number'
    cli.note(`not used, ${why}: ${input.unused.join(', ')}`)
  }
  const options: TrainOptions = {
    ...TRAIN_DEFAULTS,
    ...fitOptionsOf(flags),
    ...policyOf(flags),
    seed: flags.seed,
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
    trained = trainBundle({ featureSet, table: input.table, options, fitted, onProgress })
  } finally {
    progress?.stop()
  }
  await openBundleFiles().save(trained.bundle, trained.labels, flags.out)
  const study = flags.study ? await studied(cli, trained, input, flags.out) : undefined
  if (study === undefined) removeStudy(flags.out)
  await cli.print(
    flags.json === true ? trainedJson(trained, flags.out) : trainedText(trained, flags.out, study),
  )
  cli.note(`trained in ${duration(performance.now() - started)}`)
}

/** Why the model is as it is, beside it. */
async function studied(
  cli: Cli,
  trained: Trained,
  { table, history }: TrainingTable,
  out: string,
): Promise<Study> {
  let progress: ReturnType<Cli['progress']> | undefined
  const onProgress = (done: number, total: number): void => {
    progress ??= cli.progress('study', total, 'steps')
    progress.at(done)
  }
  try {
    const study = studyOf({ ...trained, table, history, onProgress })
    await writeStudy(out, study)
    return study
  } finally {
    progress?.stop()
  }
}

interface Input extends TrainingTable {
  readonly featureSet: FeatureSet
  readonly fitted?: Fitted
}

async function readTable(cli: Cli, flags: Flags): Promise<Input> {
  if ((flags.events === undefined) === (flags.features === undefined)) {
    fail('usage', 'train needs either --events FILE… or --features FILE.csv')
  }
  const { currency, minEvents } = flags
  if (flags.features === undefined) {
    if (flags.fitted !== undefined)
      fail('usage', '--fitted needs the table that it was fitted on: --features FILE.csv')
    const featureSet = loadFeatureSet(flags.featureSet ?? FEATURE_SET_DEFAULT)
    return {
      featureSet,
      ...(await tableOfEvents(cli, flags.events ?? [], {
        featureSet,
        asOf: flags.asOf,
        currency,
        minEvents,
      })),
    }
  }
  if (flags.asOf !== undefined) fail('usage', '--as-of belongs to --events; a table has its own times')
  const given = flags.featureSet === undefined ? undefined : loadFeatureSet(flags.featureSet)
  if (flags.fitted === undefined) return tableOfCsv(flags.features, given, currency)
  const fitted = readFitted(flags.fitted)
  const set = given ?? parseFeatureSet(fittedFeatures(fitted, basename(flags.fitted, '.json')), flags.fitted)
  checkFitted(fitted, set, flags.fitted)
  return { fitted, ...tableOfCsv(flags.features, set, currency) }
}

function readFitted(path: string): Fitted {
  const text = readText(path)
  try {
    return parseFitted(JSON.parse(text), path)
  } catch (error) {
    if (error instanceof SyntaxError)
      return fail('training-data', `${path}: not JSON: ${error.message}`, error)
    throw error
  }
}

function trainedJson({ bundle, metrics, candidates }: Trained, out: string): string {
  const segments = bundle.segments.map(({ key, share }) => ({ key, share }))
  const { users, asOf, currency } = bundle.training
  return JSON.stringify({
    out,
    version: bundle.version,
    users,
    asOf,
    currency,
    segments,
    metrics,
    candidates,
  })
}

function trainedText(
  { bundle, labels, metrics, candidates }: Trained,
  out: string,
  study: Study | undefined,
): string {
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
    ['outliers', outliersText(metrics, training.users)],
    ['silhouette', number(metrics['silhouette'] ?? Number.NaN, 3)],
    ...(study === undefined ? [] : studyFacts(study)),
  ])
  const choice = candidates.length === 0 ? '' : `${choiceText(candidates, segments.length)}\n\n`
  return `${choice}${head}\n\n${table(segments, shape)}`
}

/** What the study says in a line each. */
function studyFacts({ pca, minEvents, bots }: Study): [name: string, value: string][] {
  const axes = pca.axes.slice(0, pca.kept).map(({ name }) => name.en)
  const facts: [name: string, value: string][] = [
    [
      'axes',
      `${axes.join(' · ')}; ${pca.suggested} of ${pca.axes.length} say more than chance (parallel analysis)`,
    ],
  ]
  if (minEvents !== null) {
    const { chosen, later, users, curve, enough } = minEvents
    const kept = curve.find(({ events }) => events === chosen)?.kept ?? Number.NaN
    facts.push([
      'events',
      `after ${chosen} ${percent(kept)} of ${counted(users, 'user')} have the segment that they have after ${later}; ` +
        `${percent(enough.kept)} from ${enough.events} on`,
    ])
  }
  if (bots !== null)
    facts.push([
      'bots',
      `${counted(bots.users, 'user')} with ${bots.rule.en}: ${percent(bots.eventShare)} of the events`,
    ])
  return facts
}

function outliersText(metrics: Trained['metrics'], users: number): string {
  const { outlierUsers = 0, cutUsers = 0 } = metrics
  const cut = cutUsers === 0 ? 'none left out' : `centroids fitted without ${number(cutUsers)}`
  return `${number(outlierUsers)} (${percent(outlierUsers / users)}) beyond the fences, ${cut}`
}

function choiceText(candidates: Trained['candidates'], chosen: number): string {
  const bend = elbow(candidates)
  const rows = table(candidates, [
    { title: 'K', value: (c) => `${c.k === chosen ? '▸' : ' '} ${c.k}` },
    { title: 'SILHOUETTE', value: (c) => number(c.silhouette, 3), align: 'right' },
    { title: 'DAVIES–BOULDIN', value: (c) => number(c.daviesBouldin, 2), align: 'right' },
    { title: 'CALIŃSKI–HARABASZ', value: (c) => number(c.calinskiHarabasz), align: 'right' },
    {
      title: 'INERTIA',
      value: (c) => `${number(c.inertia)}${c.k === bend ? ' (elbow)' : ''}`,
      align: 'right',
    },
    { title: 'STABILITY', value: (c) => number(leastStability(c), 2), align: 'right' },
    { title: 'SMALLEST', value: (c) => percent(c.smallestShare), align: 'right' },
  ])
  return `${rows}\nrule: ${CHOICE_RULE.en}`
}
