/** Series of the exposition format with their values. */
export function seriesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))]
    }),
  )
}

/** Sum of a metric's series, or of those with a label. */
export function sumOf(series: ReadonlyMap<string, number>, name: string, label = ''): number {
  let sum = 0
  for (const [key, value] of series) if (key.split('{')[0] === name && key.includes(label)) sum += value
  return sum
}
