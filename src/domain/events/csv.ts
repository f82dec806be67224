/** The delimiter of RFC 4180. */
export const CSV_DELIMITER = ','

/**
 * One CSV record without its line end → its fields, by RFC 4180: a field is bare, or quoted with quotes inside doubled;
 * delimiters and line ends inside quotes belong to the field. Anything else is returned as what is wrong with it, a text.
 * `delimiter` is one character.
 */
export function splitCsv(text: string, delimiter: string): string[] | string {
  if (!text.includes('"')) return text.split(delimiter)
  const fields: string[] = []
  let at = 0
  for (;;) {
    const number = fields.length + 1
    if (text[at] === '"') {
      const end = closingQuote(text, at + 1)
      if (end < 0) return `field ${number} opens a quote that is never closed`
      if (end + 1 < text.length && text[end + 1] !== delimiter)
        return `field ${number} goes on behind its closing quote`
      fields.push(text.slice(at + 1, end).replaceAll('""', '"'))
      at = end + 1
    } else {
      const end = text.indexOf(delimiter, at)
      const field = text.slice(at, end < 0 ? text.length : end)
      if (field.includes('"')) return `field ${number} has a quote inside, but is not quoted`
      fields.push(field)
      at += field.length
    }
    if (at >= text.length) return fields
    at++
  }
}

/** Index of the quote that closes a field; −1: none does. */
function closingQuote(text: string, from: number): number {
  for (let i = text.indexOf('"', from); i >= 0; i = text.indexOf('"', i + 2)) {
    if (text[i + 1] !== '"') return i
  }
  return -1
}
