import type { Command } from 'commander'
import { KafkaAdmin } from '../../adapters/kafka/admin.ts'
import { missingRights, type MissingRights, type Right } from '../../adapters/kafka/rights.ts'
import {
  controlTopic,
  eventsTopic,
  inputProblems,
  planTopics,
  topicNames,
  topicSpecs,
  type TopicStep,
} from '../../adapters/kafka/topics.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { DAY_MS, parseDurationMs } from '../../domain/base/duration.ts'
import { fail } from '../../errors.ts'
import { kafkaAccess } from '../../live-access.ts'
import type { LiveConfig } from '../../live-config.ts'
import { compareSchemas, registerSchemas } from '../../live-schemas.ts'
import type { Cli } from '../cli.ts'
import { readLiveFile } from '../live-file.ts'
import { examples, jsonOption } from '../options.ts'

interface Flags {
  readonly config: string
  readonly json?: boolean
}

const RETENTION_MS = 90 * DAY_MS
const MAX_MESSAGE_BYTES = 1_048_588

/** `topics`: the app's own topics as they should be, and what is wrong with its inputs. */
export function registerTopics(program: Command, cli: Cli): void {
  program
    .command('topics')
    .summary('plan or apply the Kafka topics of an app')
    .description(
      'plan: says what is missing or wrong, rights of this user too. apply: creates and configures the app’s own topics; refuses what would break the ' +
        'exactly-once claim (other partition counts, fewer replicas), and never touches an input. With Avro outputs it registers ' +
        'their schemas, and refuses those that do not fit the versions there.',
    )
    .argument('<plan|apply>', 'what to do')
    .requiredOption('--config <file>', 'the consumer’s config')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        ['topics plan --config live.yaml', 'what would be done'],
        ['topics apply --config live.yaml', 'do it'],
      ]),
    )
    .action((what: string, flags: Flags) => topics(cli, what, flags))
}

async function topics(cli: Cli, what: string, flags: Flags): Promise<void> {
  if (what !== 'plan' && what !== 'apply') fail('usage', `topics ${what}: expected plan or apply`)
  const { config } = readLiveFile(flags.config)
  const access = kafkaAccess(config)
  if (what === 'plan') await checkRights(cli, flags, await missingRights(access, wantedRights(config)))
  const admin = new KafkaAdmin(access, systemClock)
  try {
    const steps = [...(await planFor(admin, config)), ...(await schemaSteps(config))]
    await cli.print(flags.json === true ? JSON.stringify(steps) : text(steps))
    const refused = steps.filter((step) => step.type === 'refuse')
    if (refused.length > 0)
      fail('check-failed', refused.map(({ name, why }) => `✗ topic ${name}: ${why}`).join('; '))
    if (what !== 'apply') return
    await admin.apply(steps.filter((step) => step.type !== 'register'))
    await registerSchemas(config, systemClock)
  } finally {
    await admin.close()
  }
}

/** What a consumer does with its topics, and what looking at their settings takes. */
function wantedRights({ app, inputs }: LiveConfig): Parameters<typeof missingRights>[1] {
  const { journal, ...outputs } = topicNames(app)
  const topics = new Map<string, readonly Right[]>([
    ...[controlTopic(app), ...inputs.map(({ topic }) => topic)].map((t) => [t, ['Read']] as const),
    ...Object.values(outputs).map((t) => [t, ['Write']] as const),
    [journal, ['Read', 'Write']],
  ])
  const looked = [...topics].map(([topic, rights]) => [topic, [...rights, 'DescribeConfigs']] as const)
  return { topics: new Map(looked), group: app, transactionalId: `${app}.rights` }
}

/** Without the rights to look, what is found is not to be believed: they come first. */
async function checkRights(cli: Cli, flags: Flags, missing: readonly MissingRights[]): Promise<void> {
  if (missing.length === 0) return
  const denied = missing.map(({ on, name, rights }) => `✗ right    ${on} ${name}  ${rights.join(', ')}`)
  await cli.print(flags.json === true ? JSON.stringify({ missingRights: missing }) : denied.join('\n'))
  fail(
    'check-failed',
    `this user lacks ${missing.map((m) => `${m.rights.join(', ')} on ${m.on} ${m.name}`).join('; ')}`,
  )
}

/** The schema of an output, to be registered. */
interface Register {
  readonly type: 'register'
  readonly name: string
}
type Step = TopicStep | Register

async function schemaSteps(config: LiveConfig): Promise<Step[]> {
  const { missing, unfit } = await compareSchemas(config, systemClock)
  const why = 'its schema does not fit the newest version in the registry'
  return [
    ...missing.map((name): Step => ({ type: 'register', name })),
    ...unfit.map((name): Step => ({ type: 'refuse', name, why })),
  ]
}

async function planFor(admin: KafkaAdmin, config: LiveConfig): Promise<TopicStep[]> {
  const events = eventsTopic(config.app)
  const inputs = config.inputs.map(({ topic }) => topic)
  const foundInputs = await admin.find(inputs)
  const partitions =
    config.kafka.partitions ?? Math.max(1, ...[...foundInputs.values()].map((topic) => topic.partitions))
  const specs = topicSpecs({
    app: config.app,
    withEvents: inputs.includes(events),
    partitions,
    replication: config.kafka.replication,
    minInsyncReplicas: config.kafka.minInsyncReplicas,
    retentionMs: RETENTION_MS,
    journalRetentionMs: parseDurationMs(config.journalRetention) ?? 0,
    maxMessageBytes: MAX_MESSAGE_BYTES,
  })
  const own = await admin.find(specs.map(({ name }) => name))
  return [
    ...inputProblems(
      inputs.filter((topic) => topic !== events),
      foundInputs,
    ),
    ...planTopics(specs, own),
  ]
}

function text(steps: readonly Step[]): string {
  if (steps.length === 0) return 'all topics are as they should be'
  return steps
    .map((step) => {
      if (step.type === 'create')
        return `create     ${step.spec.name}  ${step.spec.partitions} partitions × ${step.spec.replication}`
      if (step.type === 'register') return `register   the schema of ${step.name}`
      if (step.type === 'refuse') return `✗ refuse   ${step.name}  ${step.why}`
      return `configure  ${step.name}  ${Object.entries(step.config)
        .map(([k, v]) => `${k}=${v}`)
        .join(' ')}`
    })
    .join('\n')
}
