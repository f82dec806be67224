import { Document, isMap, isScalar, type YAMLMap } from 'yaml'

const WIDTH = 118

/** A mapping as YAML, with comments above its members; `notes` are by member, or by a member of a member (`time.format`). */
export function draftText(
  mapping: Readonly<Record<string, unknown>>,
  notes: ReadonlyMap<string, readonly string[]>,
  { head, foot }: { readonly head: readonly string[]; readonly foot: readonly string[] },
): string {
  const doc = new Document(mapping)
  doc.commentBefore = comment(head)
  if (isMap(doc.contents)) annotate(doc.contents, '', notes)
  if (foot.length > 0) doc.comment = comment(foot)
  return doc.toString({ lineWidth: 0, flowCollectionPadding: true })
}

function annotate(map: YAMLMap, path: string, notes: ReadonlyMap<string, readonly string[]>): void {
  for (const pair of map.items) {
    if (!isScalar(pair.key)) continue
    const at = `${path}${String(pair.key.value)}`
    const said = notes.get(at)
    if (said !== undefined) pair.key.commentBefore = comment(said)
    if (isMap(pair.value)) {
      const inner = [...notes.keys()].some((key) => key.startsWith(`${at}.`))
      if (inner) annotate(pair.value, `${at}.`, notes)
      else pair.value.flow = pair.value.items.length < 5 && JSON.stringify(pair.value.toJSON()).length < WIDTH
    } else if (pair.value !== null && JSON.stringify(pair.value).length < WIDTH) {
      ;(pair.value as { flow?: boolean }).flow = true
    }
  }
}

/** Lines of a comment, no longer than `WIDTH`. */
function comment(texts: readonly string[]): string {
  return texts
    .flatMap(wrapped)
    .map((line) => ` ${line}`)
    .join('\n')
}

function wrapped(text: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = '  '
    }
    line = line === '' || line === '  ' ? line + word : `${line} ${word}`
  }
  return [...lines, line]
}
