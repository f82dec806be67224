import { randomUUID } from 'node:crypto'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { openBundleFiles } from '../../adapters/files/bundles.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { bundleCard } from '../../domain/segments/card.ts'
import { segmentName } from '../../domain/segments/label.ts'
import type { Labels, SegmentLabel } from '../../domain/segments/labels.ts'
import { fail } from '../../errors.ts'
import { number } from '../../render/format.ts'
import { table } from '../../render/table.ts'
import type { Cli } from '../cli.ts'
import { diffModels, type DiffFlags } from '../models-diff.ts'
import { examples, jsonOption } from '../options.ts'
import { readStudy } from '../study-file.ts'
import { sendTo, type Listener } from '../send-command.ts'

interface Flags {
  readonly models: string
  readonly json?: boolean
}

const SHORT_VERSION = 12

/** `models`: the bundles that are there, what they are, what they are called. */
export function registerModels(program: Command, cli: Cli): void {
  const models = program
    .command('models')
    .summary('list, show, label, alias and compare models')
    .description(
      'The bundles of a folder. Names, texts and colours are labels beside a bundle: changing them moves nobody.',
    )
    .addHelpText(
      'after',
      examples([
        ['models list', 'what is there, and which alias stands for what'],
        ['models diff live candidate', 'what a promotion would change'],
      ]),
    )
  const verb = (name: string, summary: string): Command =>
    models
      .command(name)
      .summary(summary)
      .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
      .option('--models <dir>', 'folder of the bundles', 'models')
      .addOption(jsonOption())
  verb('list', 'all bundles with their aliases').action((flags: Flags) => list(cli, flags))
  verb('show <model>', 'the card of a bundle: folder, name, alias or version').action(
    (ref: string, flags: Flags) => show(cli, ref, flags),
  )
  const text = 'in the language of --lang'
  verb('label <model> <segment>', 'name, text, action or colour of a segment, here and where it is at work')
    .addOption(new Option('--lang <code>', 'language of name and text').choices(['en', 'fr']).default('en'))
    .option('--name <text>', text)
    .option('--description <text>', text)
    .option('--action <text>', `suggested to marketing, ${text}`)
    .option('--colour <#rrggbb>', 'of charts', colour)
    .option('--state <dir>', 'tell the run of this folder')
    .option('--config <file>', 'tell the consumers of this config')
    .addHelpText(
      'after',
      examples([
        ['models label first dormant --lang fr --name "Endormis"', 'a French name; the version stays'],
      ]),
    )
    .action((ref: string, segment: string, flags: LabelFlags) => label(cli, { ref, segment }, flags))
  verb('alias <name> [model]', 'let a name such as `live` stand for a bundle')
    .option('--remove', 'take the alias away')
    .action((name: string, ref: string | undefined, flags: AliasFlags) => alias(cli, { name, ref }, flags))
  verb('diff <from> <to>', 'what sets two bundles apart, and which segment became which')
    .option('--features <file>', 'a table: segments are paired by the users they share')
    .addHelpText(
      'after',
      examples([['models diff live candidate --features features.csv', 'who would move']]),
    )
    .action((from: string, to: string, flags: DiffFlags) => diffModels(cli, { from, to }, flags))
}

async function list(cli: Cli, flags: Flags): Promise<void> {
  const entries = await openBundleFiles(flags.models).list()
  const rows = entries.map(({ name, bundle, aliases }) => ({
    name,
    version: bundle.version,
    aliases,
    segments: bundle.segments.length,
    features: bundle.scaler.mean.length,
    users: bundle.training.users,
    asOf: bundle.training.asOf,
    silhouette: bundle.training.metrics['silhouette'] ?? null,
    parent: bundle.lineage.parent,
  }))
  if (flags.json === true) return cli.print(JSON.stringify(rows))
  if (rows.length === 0) return cli.note(`no bundle below ${flags.models}`)
  await cli.print(
    table(rows, [
      { title: 'NAME', value: (r) => r.name },
      { title: 'VERSION', value: (r) => r.version.slice(0, SHORT_VERSION) },
      { title: 'ALIAS', value: (r) => r.aliases.join(', ') },
      { title: 'SEGMENTS', value: (r) => number(r.segments), align: 'right' },
      { title: 'FEATURES', value: (r) => number(r.features), align: 'right' },
      { title: 'USERS', value: (r) => number(r.users), align: 'right' },
      { title: 'SILHOUETTE', value: (r) => number(r.silhouette ?? Number.NaN, 3), align: 'right' },
      { title: 'AS OF', value: (r) => r.asOf },
    ]),
  )
}

async function show(cli: Cli, ref: string, flags: Flags): Promise<void> {
  const { bundle, labels, dir } = await openBundleFiles(flags.models).load(ref)
  if (flags.json !== true) return cli.write(bundleCard(bundle, labels))
  const study = readStudy(dir, bundle.version)
  await cli.print(JSON.stringify({ dir, ...bundle, labels, study }))
}

interface LabelFlags extends Flags, Listener {
  readonly lang: 'en' | 'fr'
  readonly name?: string
  readonly description?: string
  readonly action?: string
  readonly colour?: string
}

function colour(text: string): string {
  if (!/^#[0-9a-fA-F]{6}$/.test(text)) throw new InvalidArgumentError('Expected a colour such as #0072B2.')
  return text
}

async function label(
  cli: Cli,
  { ref, segment }: { ref: string; segment: string },
  flags: LabelFlags,
): Promise<void> {
  const { name, description, action, lang, state, config } = flags
  if ([name, description, action, flags.colour].every((said) => said === undefined))
    fail('usage', 'models label needs --name, --description, --action or --colour')
  const store = openBundleFiles(flags.models)
  const { bundle, labels, dir } = await store.load(ref)
  const former = labels[segment]
  if (former === undefined)
    fail('usage', `${ref} has no segment "${segment}", expected one of ${Object.keys(labels).join(', ')}`)
  const changed: SegmentLabel = {
    name: name === undefined ? former.name : { ...former.name, [lang]: name },
    description:
      description === undefined ? former.description : { ...former.description, [lang]: description },
    colour: flags.colour ?? former.colour,
    action: action === undefined ? former.action : { ...former.action, [lang]: action },
  }
  const all: Labels = { ...labels, [segment]: changed }
  await store.save(bundle, all, dir)
  if (state !== undefined || config !== undefined) {
    const command = {
      command: 'labels',
      commandId: randomUUID(),
      issuedAt: systemClock.now(),
      labels: all,
    } as const
    cli.note(`sent to ${await sendTo({ state, config }, command)}`)
  }
  const words = `${segment}: ${segmentName(all, segment, lang)}`
  await cli.print(flags.json === true ? JSON.stringify({ dir, segment, label: changed }) : words)
}

interface AliasFlags extends Flags {
  readonly remove?: boolean
}

async function alias(
  cli: Cli,
  { name, ref }: { name: string; ref: string | undefined },
  flags: AliasFlags,
): Promise<void> {
  if ((ref === undefined) !== (flags.remove === true))
    fail('usage', 'models alias needs either a bundle or --remove')
  const store = openBundleFiles(flags.models)
  const version = ref === undefined ? null : (await store.load(ref)).bundle.version
  if (version !== null && !(await store.list()).some((entry) => entry.bundle.version === version))
    fail('usage', `${ref}: an alias stands for a bundle below ${flags.models}`)
  await store.alias(name, version)
  const words = version === null ? `${name} is no alias now` : `${name} → ${version.slice(0, SHORT_VERSION)}`
  await cli.print(flags.json === true ? JSON.stringify({ alias: name, version }) : words)
}
