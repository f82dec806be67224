import { Command, CommanderError } from 'commander'
import { endOnClosedPipe, processCli, type Cli } from './cli.ts'
import { registerConfig } from './commands/config.ts'
import { registerDemo } from './commands/demo.ts'
import { registerExplain } from './commands/explain.ts'
import { registerFeatures } from './commands/features.ts'
import { registerGenerate } from './commands/generate.ts'
import { registerGuards } from './commands/guards.ts'
import { registerIngest } from './commands/ingest.ts'
import { registerMapping } from './commands/mapping.ts'
import { registerModels } from './commands/models.ts'
import { registerPredict } from './commands/predict.ts'
import { registerPromote } from './commands/promote.ts'
import { registerReplay } from './commands/replay.ts'
import { registerReport } from './commands/report.ts'
import { registerRollback } from './commands/rollback.ts'
import { registerStream } from './commands/stream.ts'
import { registerTasks } from './commands/tasks.ts'
import { registerTopics } from './commands/topics.ts'
import { registerTrain } from './commands/train.ts'
import { failureOf } from './failure.ts'
import { versionText } from './version.ts'

/** Adds one verb to the program. */
export type Register = (program: Command, cli: Cli) => void

/** Every verb, in the order of the manual. */
const VERBS: readonly Register[] = [
  registerDemo,
  registerGenerate,
  registerMapping,
  registerIngest,
  registerFeatures,
  registerTrain,
  registerPredict,
  registerExplain,
  registerModels,
  registerReport,
  registerStream,
  registerReplay,
  registerPromote,
  registerRollback,
  registerTopics,
  registerConfig,
  registerTasks,
  registerGuards,
]

export function buildProgram(cli: Cli): Command {
  const program = new Command('segmentation')
    .description('Real-time customer segmentation: events in, stable segments and every change of them out.')
    .version(versionText(), '--version', 'print version, foldVersion and formats')
    .helpCommand('help [command]', 'the manual of a command, with examples')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'error [usage]: ')),
    })
    .showHelpAfterError('  See `segmentation help <command>`.')
  program.addHelpText(
    'after',
    '\nExit codes: 0 done, 1 failure, 2 wrong usage, 3 a check failed.\nData goes to stdout, words and progress to stderr.',
  )
  for (const register of VERBS) register(program, cli)
  return program
}

/** Runs one command line; resolves to the exit code. Never rejects. */
export async function main(args: readonly string[]): Promise<number> {
  endOnClosedPipe()
  const cli = processCli()
  try {
    const program = buildProgram(cli)
    if (args.length === 0) {
      program.outputHelp()
      return 0
    }
    const [first, topic] = args
    if (first === 'help' && topic !== undefined && !program.commands.some((c) => c.name() === topic)) {
      program.error(`error: unknown command '${topic}'`)
    }
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    // commander has already written its text; help and version end here too
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const failure = failureOf(error, process.env['SEGMENTATION_DEBUG'] === '1')
    cli.note(failure.text)
    return failure.exit
  }
}
