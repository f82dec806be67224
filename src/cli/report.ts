import { basename } from 'node:path'
import { outputLines } from '../adapters/embedded/output-lines.ts'
import { openBundleFiles } from '../adapters/files/bundles.ts'
import { zoneTable } from '../adapters/system/zone.ts'
import { readCustomers, segmentKeys, type Customers } from '../app/report/customers.ts'
import { movementOf } from '../app/report/movement.ts'
import { makeReport, type DataFacts } from '../app/report/report.ts'
import { compilePlan } from '../domain/features/plan.ts'
import type { Bundle } from '../domain/segments/bundle.ts'
import type { Locale } from '../domain/segments/format.ts'
import { fail } from '../errors.ts'
import { readRunConfig } from '../first-start.ts'
import type { Cli } from './cli.ts'
import { noteRejects, openEventFiles } from './event-files.ts'
import { checkRefused } from './rejects.ts'
import { readStudy } from './study-file.ts'
import { openTextFile } from './text-file.ts'
import { parseTime } from './times.ts'
import { versionText } from './version.ts'

export interface ReportJob {
  /** Folder, file, name, alias or version of a bundle. */
  readonly model: string
  /** Run folder whose moves are told. */
  readonly state?: string | undefined
  /** Event files; without them preferences, value and data are not told. */
  readonly events?: readonly string[] | undefined
  /** When customers are looked at; default: the as-of of the model. */
  readonly asOf?: string | undefined
  readonly currency?: string | undefined
  readonly locale: Locale
  readonly out: string
}

/** Writes the report of a model as one HTML file; resolves to its size in bytes. */
export async function writeReport(cli: Cli, job: ReportJob): Promise<number> {
  const { bundle, labels, dir } = await openBundleFiles().load(job.model)
  const study = readStudy(dir, bundle.version)
  const file = await openTextFile(job.out)
  try {
    const found = job.events === undefined ? undefined : await customersOf(cli, job.events, bundle, job)
    const report = makeReport({
      bundle,
      labels,
      study,
      customers: found?.customers,
      read: found?.read,
      movement: job.state === undefined ? undefined : await movementIn(job.state, bundle, found?.customers),
      program: versionText().split('\n', 1)[0] ?? '',
    })
    // only here: the chart library takes longer to load than most commands to run
    const { reportHtml } = await import('../render/report/report.ts')
    const html = reportHtml(report, job.locale)
    await file.write(html)
    await file.done()
    return Buffer.byteLength(html)
  } finally {
    await file.discard()
  }
}

type Read = Pick<DataFacts, 'source' | 'records' | 'skipped' | 'currency' | 'zone'>

async function customersOf(
  cli: Cli,
  paths: readonly string[],
  bundle: Bundle,
  { asOf, currency = bundle.training.currency ?? undefined }: ReportJob,
): Promise<{ customers: Customers; read: Read }> {
  const { featureSet, training } = bundle
  const zone = zoneTable(featureSet.zone)
  const at = asOf === undefined ? Date.parse(training.asOf) : parseTime(asOf, zone)
  if (Number.isNaN(at)) fail('usage', `the model does not say its time (${training.asOf}): give --as-of`)
  const plan = compilePlan(featureSet, zone)
  const { events, rejects, money } = openEventFiles(cli, { paths, title: 'report', currency })
  const customers = await readCustomers({ plan, zone, asOf: at, events })
  noteRejects(cli, { rejects, money })
  checkRefused(rejects)
  if (customers.events === 0)
    fail('training-data', `${paths.join(', ')}: no event before ${new Date(at).toISOString()}`)
  const read = {
    source: paths.map((path) => basename(path)).join(', '),
    records: rejects.read,
    skipped: Object.entries(rejects.byReason()),
    currency: money.code,
    zone,
  }
  return { customers, read }
}

function movementIn(
  dir: string,
  bundle: Bundle,
  customers: Customers | undefined,
): ReturnType<typeof movementOf> {
  readRunConfig(dir)
  return movementOf({
    moves: outputLines(dir, 'segment-changed'),
    members: outputLines(dir, 'user-segments'),
    keys: segmentKeys(bundle),
    firstEventOf: (user) => customers?.firstEventOf(user),
    spendOf: (user) => customers?.spendOf(user),
  })
}
