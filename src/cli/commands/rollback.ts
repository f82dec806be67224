import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { systemClock } from '../../adapters/system/clock.ts'
import type { Cli } from '../cli.ts'
import { examples, jsonOption } from '../options.ts'
import { sendTo, type Listener } from '../send-command.ts'

/** `rollback`: the bundle of before, for everybody. */
export function registerRollback(program: Command, cli: Cli): void {
  program
    .command('rollback')
    .summary('put the bundle of before to work again, for everybody')
    .description(
      'Writes a command to the control input: the last bundle that is another than the one promoted last is at work for everybody ' +
        'from his next event or wake on. It ends a share or a ramp. A second rollback goes forward again.',
    )
    .option('--config <file>', 'a consumer’s config')
    .option('--state <dir>', 'a run folder')
    .addOption(jsonOption())
    .addHelpText('after', examples([['rollback --config live.yaml', 'the new model was a mistake']]))
    .action((flags: Listener & { json?: boolean }) => rollback(cli, flags))
}

async function rollback(cli: Cli, flags: Listener & { json?: boolean }): Promise<void> {
  const commandId = randomUUID()
  const heard = await sendTo(flags, { command: 'rollback', commandId, issuedAt: systemClock.now() })
  const words = `rollback is written to ${heard}, command ${commandId}`
  await cli.print(flags.json === true ? JSON.stringify({ commandId }) : words)
}
