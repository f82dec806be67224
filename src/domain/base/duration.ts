export const SECOND_MS = 1000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND_MS,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
}

/** `30d`, `12h`, `5m`, `90s`, `250ms`, `2w` → milliseconds; undefined where the text is not a whole positive duration. */
export function parseDurationMs(text: string): number | undefined {
  const m = /^([1-9]\d{0,6})(ms|s|m|h|d|w)$/.exec(text)
  return m ? Number(m[1]) * (UNITS[m[2] as string] as number) : undefined
}

/** A whole number of ms as the shortest text that `parseDurationMs` reads: `7d`, `90s`. */
export function durationText(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const size = UNITS[unit] as number
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`
  }
  return `${ms}ms`
}
