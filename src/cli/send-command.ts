import { appendFileSync, existsSync } from 'node:fs'
import { runPaths } from '../adapters/embedded/run-folder.ts'
import { sendCommand } from '../adapters/kafka/control-writer.ts'
import { commandLine } from '../app/control.ts'
import type { Command } from '../domain/segments/command.ts'
import { fail } from '../errors.ts'
import { kafkaAccess } from '../live-access.ts'
import { counted } from '../render/format.ts'
import { readLiveFile } from './live-file.ts'

/** Whose control input: that of a run folder or of a consumer's config. */
export interface Listener {
  readonly state?: string | undefined
  readonly config?: string | undefined
}

/** Writes a command to the control input; resolves to who hears it, in words. Rejects with `usage` where not one of them is named. */
export async function sendTo({ state, config }: Listener, command: Command): Promise<string> {
  const line = commandLine(command)
  if (state !== undefined && config === undefined) return toFolder(state, line)
  if (config !== undefined && state === undefined) return toKafka(config, line)
  return fail('usage', 'a command needs either --config FILE or --state DIR')
}

function toFolder(dir: string, line: string): string {
  const { control } = runPaths(dir)
  if (!existsSync(control)) fail('folder-missing', `${dir} is not a run folder: expected ${control}`)
  appendFileSync(control, line)
  return control
}

async function toKafka(path: string, line: string): Promise<string> {
  const { config } = readLiveFile(path)
  return counted(await sendCommand(kafkaAccess(config), config.app, line.trimEnd()), 'task')
}
