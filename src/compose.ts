import { randomUUID } from 'node:crypto'
import { EmbeddedOutlet } from './adapters/embedded/outlet.ts'
import { openRunFolder, type RunFolder } from './adapters/embedded/run-folder.ts'
import { EmbeddedReader } from './adapters/embedded/reader.ts'
import { EmbeddedStore } from './adapters/embedded/store.ts'
import { openBundleFiles } from './adapters/files/bundles.ts'
import { FileSource } from './adapters/files/file-source.ts'
import { fileForm } from './adapters/files/open.ts'
import { systemClock } from './adapters/system/clock.ts'
import { zoneTable } from './adapters/system/zone.ts'
import { controlDecoder, CONTROL_TOPIC } from './app/control.ts'
import { makeDecoder } from './app/decode.ts'
import { SkipCheck } from './app/skip-check.ts'
import { RHYTHM, type GuardRule } from './app/task/guard.ts'
import type { TaskInput } from './app/task/lane.ts'
import type { TaskOptions, TaskPorts } from './app/task/options.ts'
import type { RefusalRule } from './app/task/refusals.ts'
import { canonicalJson } from './domain/base/canonical.ts'
import { DAY_MS, MINUTE_MS, parseDurationMs, SECOND_MS } from './domain/base/duration.ts'
import { sha256Hex } from './domain/base/hash.ts'
import type { ZoneTable } from './domain/base/zone.ts'
import { compilePlan, type Plan } from './domain/features/plan.ts'
import { DEFAULT_SPREAD_MS, type DuePolicy } from './domain/profile/due.ts'
import { CODEC_VERSION, Profiles } from './domain/profile/profiles.ts'
import { FOLD_VERSION } from './domain/profile/version.ts'
import { BUNDLE_FORMAT, type Bundle } from './domain/segments/bundle.ts'
import type { Holdout } from './domain/segments/holdout.ts'
import type { Telemetry } from './ports/telemetry.ts'
import { guardsSchema, RUN_CONFIG_FORMAT, type Guards, type RunConfig } from './config.ts'
import { readRunConfig, settle, type Asked } from './first-start.ts'

const MIB = 1024 * 1024

/** How far an event may lie ahead of its record's time, or, in files, of the run's first start. */
export const MAX_AHEAD_MS = 10 * MINUTE_MS

/** How an embedded run works; none of it decides results. */
const EMBEDDED = {
  revisionSteps: 2000,
  maxProfiles: 100_000,
  page: { maxRecords: 10_000, maxOutputs: 5_000, maxAgeMs: 100, maxQuietAgeMs: SECOND_MS },
  checkpointIntervalMs: 2 * SECOND_MS,
  maxDirtyProfiles: 20_000,
  pollLimit: { records: 4000, bytes: 4 * MIB },
  duesPerRead: 2000,
  idleWaitMs: 250,
  /** Followed inputs: the clock stays this far behind the wall clock, for events on their way. */
  tickAllowanceMs: 5 * SECOND_MS,
  /** A stopped task ends its process, and lines are never retired. */
  watchIntervalMs: undefined,
  quietLineMs: undefined,
} as const

/** Followed inputs whose records are mostly refused: someone should look before more of them are. */
export const REFUSALS: RefusalRule = { share: 0.05, minRefused: 20, windowMs: MINUTE_MS }

/**
 * Records that must be usual, and moves that must be made, before a share of them says anything. Records come by visits of
 * many: 200 are some 25 visits, of which fewer than 30 % come by chance once in a hundred thousand times.
 */
const GUARD_LEAST = { minUsual: 200, minMoved: 50 } as const

/** By what a task's guards decide; undefined: they do not. */
export function guardRule(guards: Guards): GuardRule | undefined {
  if (guards.action === 'none') return undefined
  return {
    ...GUARD_LEAST,
    overSlots: (guards.inputSilenceMinutes * MINUTE_MS) / RHYTHM.slotMs,
    floorPct: guards.inputFloorPct,
    maxMovedPct: guards.maxMovedPctPerHour,
  }
}

/** An embedded run with its doors open. */
export interface EmbeddedRun {
  readonly folder: RunFolder
  readonly source: FileSource
  readonly ports: TaskPorts
  readonly options: TaskOptions
  readonly config: RunConfig
  readonly bundle: Bundle
  close(): Promise<void>
}

export interface OpenRun {
  readonly dir: string
  readonly asked: Asked
  readonly telemetry: Telemetry
}

/** Takes the lock of a run folder, furnishes it where it is new, and opens its doors. */
export async function openRun({ dir, asked, telemetry }: OpenRun): Promise<EmbeddedRun> {
  let source: FileSource | undefined
  const folder = await openRunFolder(dir, {
    create: true,
    lineOf: (topic, offset) => source?.lineOf(topic, offset) ?? offset + 1,
    mark: (point) => telemetry.point(0, point, -1),
  })
  try {
    const config = await settle(folder, asked)
    const { bundle } = await openBundleFiles().load(folder.paths.model)
    const zones = zoneTables(config, bundle)
    const store = new EmbeddedStore(folder)
    const check = await skipCheck(folder, config.app)
    source = openSource(config, folder, check)
    const inputs = await taskInputs(config, source, zones)
    const options = taskOptions({ config, bundle, zones, inputs })
    const outlet = new EmbeddedOutlet(folder, config.app)
    const ports = { source, outlet, store, clock: systemClock, telemetry }
    const opened = source
    const close = async (): Promise<void> => {
      await opened.close()
      await folder.close()
    }
    return { folder, source, ports, options, config, bundle, close }
  } catch (error) {
    await source?.close()
    await folder.close()
    throw error
  }
}

/** Checks what is passed over on the way to the state's positions, unless a person accepted since that it is something else. */
async function skipCheck(folder: RunFolder, app: string): Promise<SkipCheck | undefined> {
  const head = await new EmbeddedReader(folder).head(0)
  if (head === undefined) return undefined
  for await (const { accepted } of new EmbeddedOutlet(folder, app).journal(0, head.rev))
    if (accepted) return undefined
  return new SkipCheck(head)
}

/** The inputs of a run, its control file among them, as one source. */
function openSource(config: RunConfig, folder: RunFolder, check: SkipCheck | undefined): FileSource {
  const control = {
    topic: CONTROL_TOPIC,
    path: folder.paths.control,
    format: 'ndjson',
    follow: true,
    optional: true,
  } as const
  const inputs = config.inputs.map(({ topic, path, mapping }) => ({
    topic,
    path,
    ...fileForm(mapping),
    follow: config.follow && path !== '-',
  }))
  return new FileSource({
    inputs: [control, ...inputs],
    clock: systemClock,
    stdin: process.stdin,
    onSkip: (topic, record) => check?.skip(topic, record),
  })
}

/** Zone tables that decide about this run: the feature set's and the mappings'. */
export function zoneTables(config: RunConfig, bundle: Bundle): Record<string, ZoneTable> {
  const names = new Set([
    bundle.featureSet.zone,
    ...config.inputs.flatMap(({ mapping }) => mapping?.time.zone ?? []),
  ])
  return Object.fromEntries([...names].sort().map((name) => [name, zoneTable(name)]))
}

/** The doors of a replay: a past that is only read, and a scratch run that takes what it would have sent. */
export interface ReplayRun {
  readonly journal: EmbeddedOutlet
  readonly ports: TaskPorts
  readonly options: TaskOptions
  /** Revisions to compute again. */
  readonly revisions: number
  close(): Promise<void>
}

/** Opens the run folder `dir` for reading and `scratch` for the replay; takes the locks of both. */
export async function openReplay(dir: string, scratch: string, telemetry: Telemetry): Promise<ReplayRun> {
  const config = readRunConfig(dir)
  const opened: { close(): Promise<void> }[] = []
  const keep = <T extends { close(): Promise<void> }>(door: T): T => {
    opened.push(door)
    return door
  }
  const close = async (): Promise<void> => {
    for (const door of opened.reverse()) await door.close()
  }
  try {
    const past = keep(await openRunFolder(dir, { create: false, readOnly: true }))
    const { bundle } = await openBundleFiles().load(past.paths.model)
    const zones = zoneTables(config, bundle)
    const source = keep(openSource({ ...config, follow: false }, past, undefined))
    const inputs = await taskInputs(config, source, zones)
    const options = taskOptions({
      config: { ...config, follow: false },
      bundle,
      zones,
      inputs,
    })
    const lineOf = (topic: string, offset: number): number => source.lineOf(topic, offset) ?? offset + 1
    const folder = keep(await openRunFolder(scratch, { create: true, lineOf }))
    const outlet = new EmbeddedOutlet(folder, config.app)
    const ports = { source, outlet, store: new EmbeddedStore(folder), clock: systemClock, telemetry }
    const head = await new EmbeddedReader(past).head(0)
    return { journal: new EmbeddedOutlet(past, config.app), ports, options, revisions: head?.rev ?? 0, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function taskInputs(
  config: RunConfig,
  source: FileSource,
  zones: Record<string, ZoneTable>,
): Promise<TaskInput[]> {
  const inputs: TaskInput[] = [{ topic: CONTROL_TOPIC, control: true, decode: controlDecoder(CONTROL_TOPIC) }]
  const { currency } = config
  for (const { topic, format, mapping } of config.inputs) {
    const columns = format === 'csv' ? await source.columns(topic) : undefined
    const decode = makeDecoder({ format, mapping: mapping ?? undefined, columns, currency, zones })
    inputs.push({ topic, decode })
  }
  return inputs
}

/** Hash of all that decides results beside the records: whatever differs in it may decide otherwise. */
export function recipeOf(
  config: RunConfig,
  zones: Record<string, ZoneTable>,
  avro: readonly string[] = [],
): string {
  const { locale, currency, inputs } = config
  const mappings = Object.fromEntries(inputs.map(({ topic, mapping }) => [topic, mapping]))
  const limits = { maxAheadMs: MAX_AHEAD_MS, due: duePolicy(config), holdout: holdoutOf(config) }
  const formats = avro.length === 0 ? {} : { avro: [...avro].sort() }
  const recipe = { foldVersion: FOLD_VERSION, locale, currency, mappings, zones, limits, ...formats }
  return sha256Hex(canonicalJson(recipe)).slice(0, 16)
}

function duePolicy(config: RunConfig): DuePolicy {
  const { forgetAfterDays, anonymousForgetAfterDays } = config.policy
  return {
    maxSleepMs: parseDurationMs(config.maxSleep) ?? DAY_MS,
    spreadMs: DEFAULT_SPREAD_MS,
    forgetAfterMs: forgetAfterDays * DAY_MS,
    forgetAnonymousAfterMs: anonymousForgetAfterDays * DAY_MS,
  }
}

function holdoutOf({ policy }: RunConfig): Holdout {
  return { pct: policy.holdoutPct, salt: policy.holdoutSalt }
}

interface Parts {
  readonly config: RunConfig
  /** Topics with Avro in them. */
  readonly avro?: readonly string[]
  readonly bundle: Bundle
  readonly zones: Record<string, ZoneTable>
  readonly inputs: readonly TaskInput[]
}

export function taskOptions({ config, avro, bundle, zones, inputs }: Parts): TaskOptions {
  const { featureSet } = bundle
  const plan = compilePlan(featureSet, zones[featureSet.zone] as ZoneTable)
  return {
    ...EMBEDDED,
    task: 0,
    inputs,
    segmenter: {
      locale: config.locale,
      holdout: holdoutOf(config),
      currency: config.currency,
      due: duePolicy(config),
    },
    recipe: recipeOf(config, zones, avro),
    maxAheadMs: MAX_AHEAD_MS,
    newProfiles: () => new Profiles(plan),
    serves: ({ featureSet: other }) =>
      other.zone === plan.zone.name && reading(compilePlan(other, plan.zone)) === reading(plan),
    refusals: config.follow ? REFUSALS : undefined,
    guard: config.follow ? guardRule(guardsSchema.parse({})) : undefined,
    tickAllowanceMs: config.follow ? EMBEDDED.tickAllowanceMs : undefined,
    newToken: randomUUID,
    genesis: {
      app: config.app,
      formats: { fold: FOLD_VERSION, profile: CODEC_VERSION, bundle: BUNDLE_FORMAT, run: RUN_CONFIG_FORMAT },
      liveFrom: config.liveFrom === null ? 0 : Date.parse(config.liveFrom),
    },
    startAt: (bounds) => Object.fromEntries(Object.keys(bounds).map((topic) => [topic, 0])),
  }
}

/** What a profile must keep and how a vector is read from it; labels and transforms are the bundle's own. */
function reading({ layout, columns, nodes, columnNodes, traits }: Plan): string {
  return canonicalJson({ layout, columns, nodes, columnNodes, traits })
}
