import { InvalidArgumentError, Option } from 'commander'
import { FAULT_SHARES, type Faults } from '../app/generate/faults.ts'
import { parseDurationMs } from '../domain/base/duration.ts'

type Shared = keyof typeof FAULT_SHARES
const SHARED = Object.keys(FAULT_SHARES) as Shared[]

/** `--faults duplicates,late=0.01,silence=6h@2025-03-10`. */
export function faultsOption(): Option {
  const shares = SHARED.map((name) => `${name}=${FAULT_SHARES[name]}`).join(', ')
  return new Option(
    '--faults <list>',
    `what goes wrong on the way, with its share: ${shares}; and silence=6h@DAY, a tracker that dies at a midnight (or at DAYT09:00, UTC)`,
  ).argParser(parseFaults)
}

function parseFaults(text: string): Faults {
  let faults: Faults = {}
  for (const part of text.split(',')) {
    const [name = '', value] = part.split('=')
    if (name in faults) throw new InvalidArgumentError(`${name} is there twice.`)
    if (name === 'silence') faults = { ...faults, silence: silenceOf(value ?? '') }
    else if (isShared(name)) faults = { ...faults, [name]: shareOf(name, value) }
    else throw new InvalidArgumentError(`Expected some of ${SHARED.join(', ')}, silence; found "${name}".`)
  }
  return faults
}

const isShared = (name: string): name is Shared => SHARED.includes(name as Shared)

function shareOf(name: Shared, value: string | undefined): number {
  if (value === undefined) return FAULT_SHARES[name]
  const share = /^\d(\.\d+)?$/.test(value) ? Number(value) : Number.NaN
  if (!(share <= 1))
    throw new InvalidArgumentError(`${name}: expected a share such as 0.01, found "${value}".`)
  return share
}

function silenceOf(value: string): { fromMs: number; toMs: number } {
  const [length = '', day = ''] = value.split('@')
  const lengthMs = parseDurationMs(length)
  const at = /^\d{4}-\d\d-\d\d$/.test(day) ? `${day}T00:00` : day
  const fromMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(at) ? Date.parse(`${at}:00Z`) : Number.NaN
  if (lengthMs === undefined || Number.isNaN(fromMs) || !new Date(fromMs).toISOString().startsWith(at)) {
    throw new InvalidArgumentError(
      `silence: expected such as 6h@2025-03-10 or 6h@2025-03-10T09:00, found "${value}".`,
    )
  }
  return { fromMs, toMs: fromMs + lengthMs }
}
