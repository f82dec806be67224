/** Where two runs of lines first differ; undefined: nowhere. */
export interface Difference {
  /** From 1. */
  readonly line: number
  readonly expected: string | undefined
  readonly found: string | undefined
}

export interface Comparison {
  readonly lines: number
  readonly difference: Difference | undefined
}

/** Compares two runs of lines one by one, in bounded memory; `as` says what an expected line should look like. */
export async function compareLines(
  expected: AsyncIterable<string>,
  found: AsyncIterable<string>,
  as: (line: string) => string,
): Promise<Comparison> {
  const a = expected[Symbol.asyncIterator]()
  const b = found[Symbol.asyncIterator]()
  for (let line = 1; ; line++) {
    const [x, y] = [await a.next(), await b.next()]
    if (x.done === true && y.done === true) return { lines: line - 1, difference: undefined }
    const want = x.done === true ? undefined : as(x.value)
    const got = y.done === true ? undefined : y.value
    if (want !== got) return { lines: line - 1, difference: { line, expected: want, found: got } }
  }
}
