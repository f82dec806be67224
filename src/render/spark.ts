const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** One character per value, from the smallest (▁) to the largest (█); a row of equal values stands in the middle. NaN → space. */
export function sparkline(values: readonly number[]): string {
  const known = values.filter((v) => Number.isFinite(v))
  const low = Math.min(...known)
  const high = Math.max(...known)
  return values
    .map((v) => {
      if (!Number.isFinite(v)) return ' '
      if (high === low) return LEVELS[3]
      return LEVELS[Math.min(7, Math.floor(((v - low) / (high - low)) * 8))]
    })
    .join('')
}

/** A bar of `cells` characters for a share 0–1, to an eighth of a character; outside values are cut. */
export function bar(share: number, cells = 20): string {
  const eighths = Math.round(Math.min(1, Math.max(0, Number.isNaN(share) ? 0 : share)) * cells * 8)
  const part = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? ''
  return ('█'.repeat(Math.floor(eighths / 8)) + part).padEnd(cells)
}
