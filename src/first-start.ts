import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunFolder } from './adapters/embedded/run-folder.ts'
import { fileError, STDIN_PATH } from './adapters/files/bytes.ts'
import { openBundleFiles } from './adapters/files/bundles.ts'
import { firstCommand } from './app/run-setup.ts'
import { currencyOf } from './domain/events/mapping.ts'
import type { Bundle } from './domain/segments/bundle.ts'
import { fail } from './errors.ts'
import {
  parseRunConfig,
  RUN_CONFIG_FORMAT,
  runConfigSchema,
  sameRun,
  type RunConfig,
  type RunInput,
  runPolicySchema,
} from './config.ts'

/** What the caller asks for; only a first start needs all of it. */
export interface Asked {
  readonly app?: string | undefined
  readonly locale?: 'en' | 'fr' | undefined
  readonly follow: boolean
  /** A duration; by default a day where more is waited for, a week where the inputs are complete and nobody waits. */
  readonly maxSleep?: string | undefined
  /** ISO 8601. */
  readonly liveFrom?: string | undefined
  /** ISO 4217; by default the mappings' constant one, else the bundle's, else `CURRENCY_DEFAULT`. */
  readonly currency?: string | undefined
  /** Share of the users held out, in percent; by default none. */
  readonly holdoutPct?: number | undefined
  readonly holdoutSalt?: string | undefined
  readonly inputs: readonly RunInput[]
  /** Folder, file or version of a bundle. */
  readonly model?: string | undefined
}

const APP_DEFAULT = 'segmentation'
/** Where neither the caller nor a mapping nor the bundle names one. */
export const CURRENCY_DEFAULT = 'EUR'
const MAX_SLEEP_LIVE = '24h'
const MAX_SLEEP_COMPLETE = '7d'

/** Has this folder been made by a first start? */
function hasRun(dir: string): boolean {
  return existsSync(join(dir, 'config.json'))
}

/** The config of a run folder that was made before. Rejects with `folder-missing`, `folder-foreign` or `state-version`. */
export function readRunConfig(dir: string): RunConfig {
  const path = join(dir, 'config.json')
  if (!existsSync(path)) return fail('folder-missing', `${dir} is not a run folder: expected ${path}`)
  return parseRunConfig(readFileSync(path, 'utf8'), path)
}

/**
 * The config to run with, under the folder's lock: the folder's own where it has one, after checking that nothing else was
 * asked for; else the folder is furnished for its first start. A first start that was cut short is done again.
 */
export async function settle(folder: RunFolder, asked: Asked): Promise<RunConfig> {
  const { dir, paths } = folder
  if (hasRun(dir)) return resume(readRunConfig(dir), asked, dir)
  if (existsSync(paths.journal) && readFileSync(paths.journal).length > 0) {
    fail('folder-foreign', `${dir} has a journal but no ${paths.config}; expected both or neither`)
  }
  if (asked.inputs.length === 0)
    fail('usage', `${dir} is new: name at least one input file, or - for standard input`)
  if (asked.model === undefined) fail('usage', `${dir} is new: give the bundle to start with by --model DIR`)
  // before anything is written: a mistyped name must not become the folder's own
  for (const { path } of asked.inputs) if (path !== STDIN_PATH) checkInput(path)
  const { bundle, labels } = await openBundleFiles().load(asked.model)
  const currency = runCurrency(asked, bundle)
  await openBundleFiles().save(bundle, labels, paths.model)
  const config: RunConfig = {
    format: RUN_CONFIG_FORMAT,
    app: asked.app ?? APP_DEFAULT,
    locale: asked.locale ?? 'en',
    follow: asked.follow,
    maxSleep: asked.maxSleep ?? (asked.follow ? MAX_SLEEP_LIVE : MAX_SLEEP_COMPLETE),
    policy: { ...runPolicySchema.parse({}), ...holdoutAsked(asked) },
    liveFrom: asked.liveFrom ?? null,
    currency,
    inputs: [...asked.inputs],
    model: bundle.version,
  }
  const checked = runConfigSchema.safeParse(config)
  if (!checked.success)
    fail('usage', checked.error.issues.map((i) => `--${i.path.join('.')}: ${i.message}`).join('; '))
  await write(paths.control, firstCommand(bundle, labels))
  // last: a folder with a config is a whole one
  await write(paths.config, `${JSON.stringify(config, null, 2)}\n`)
  return config
}

/**
 * The one currency of a run: as asked, else the constant one of its mappings, else the bundle's, else `CURRENCY_DEFAULT`.
 * Throws `usage` where a mapping says another than the one found: every amount of its input would be refused.
 */
export function runCurrency(
  {
    currency,
    inputs,
  }: { currency?: string | undefined; inputs: readonly Pick<RunInput, 'topic' | 'mapping'>[] },
  bundle: Pick<Bundle, 'training'>,
): string {
  let found = currency
  for (const { topic, mapping } of inputs) {
    const says = mapping === null ? undefined : currencyOf(mapping)
    if (says === undefined) continue
    found ??= says
    if (says === found) continue
    fail('usage', `--currency: ${found}, but mapping ${mapping?.name} (input ${topic}) says ${says}`)
  }
  return found ?? bundle.training.currency ?? CURRENCY_DEFAULT
}

function holdoutAsked({ holdoutPct, holdoutSalt }: Asked): Partial<RunConfig['policy']> {
  return {
    ...(holdoutPct === undefined ? {} : { holdoutPct }),
    ...(holdoutSalt === undefined ? {} : { holdoutSalt }),
  }
}

function checkInput(path: string): void {
  try {
    accessSync(path, constants.R_OK)
  } catch (error) {
    throw fileError(path, error)
  }
  if (statSync(path).isDirectory()) fail('usage', `${path}: is a folder, a file is expected`)
}

async function resume(former: RunConfig, asked: Asked, dir: string): Promise<RunConfig> {
  const model =
    asked.model === undefined ? undefined : (await openBundleFiles().load(asked.model)).bundle.version
  const given: Partial<RunConfig> = {
    ...(asked.app === undefined ? {} : { app: asked.app }),
    ...(asked.locale === undefined ? {} : { locale: asked.locale }),
    ...(asked.maxSleep === undefined ? {} : { maxSleep: asked.maxSleep }),
    ...(asked.liveFrom === undefined ? {} : { liveFrom: asked.liveFrom }),
    ...(asked.currency === undefined ? {} : { currency: asked.currency }),
    ...(model === undefined ? {} : { model }),
    policy: { ...former.policy, ...holdoutAsked(asked) },
    ...(asked.inputs.length === 0 ? {} : { inputs: [...asked.inputs] }),
  }
  sameRun(former, given, dir)
  // paths may have moved, and whether more is waited for is the caller's to say
  const paths = new Map(asked.inputs.map((input) => [input.topic, input.path]))
  const inputs = former.inputs.map((input) => ({ ...input, path: paths.get(input.topic) ?? input.path }))
  return { ...former, inputs, follow: asked.follow || (asked.inputs.length === 0 && former.follow) }
}

async function write(path: string, text: string): Promise<void> {
  const part = `${path}.part`
  await writeFile(part, text)
  await rename(part, path)
}
