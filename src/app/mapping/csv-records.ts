/** The first records of CSV text, without their line ends; the last, which may be cut, only where it is the only one. */
export function csvRecords(text: string, most: number): string[] {
  const records: string[] = []
  let from = 0
  let quoted = false
  for (let i = 0; i < text.length && records.length < most; i++) {
    const c = text[i]
    if (c === '"') quoted = !quoted
    if (c !== '\n' || quoted) continue
    const record = text.slice(from, text[i - 1] === '\r' ? i - 1 : i)
    if (record !== '') records.push(record)
    from = i + 1
  }
  if (records.length === 0 && text !== '') records.push(text)
  return records
}
