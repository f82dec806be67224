import { fail } from '../errors.ts'
import { checkBundle } from '../domain/segments/bundle.ts'
import { commandSchema, type Command } from '../domain/segments/command.ts'
import type { RawRecord } from '../ports/source.ts'
import type { Topic } from '../ports/types.ts'
import type { Content } from './task/lane.ts'

/** The input that commands come by. */
export const CONTROL_TOPIC = 'control'

/**
 * Commands are never dead-lettered: what cannot be understood stops the task, because to go on without it would be to decide
 * otherwise than was ordered. Throws `unknown-command`, `bundle-invalid` or `bundle-hash`.
 */
export function controlDecoder(topic: Topic): (record: RawRecord) => Content {
  return (record) => {
    const place = `${topic}, command ${record.offset + 1}`
    const text = new TextDecoder().decode(record.bytes.subarray(record.from, record.to))
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      return fail('unknown-command', `${place}: is not JSON`, error)
    }
    const parsed = commandSchema.safeParse(value)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      return fail(
        'unknown-command',
        `${place}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}`,
      )
    }
    if (parsed.data.command === 'promote') checkBundle(parsed.data.bundle, place)
    return { type: 'command', command: parsed.data }
  }
}

/** A command as its line on the control input. */
export function commandLine(command: Command): string {
  return `${JSON.stringify(command)}\n`
}
