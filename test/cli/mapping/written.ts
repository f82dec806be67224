/** A small file as some shop writes it, what a draft is to find in it, and the events that come of it. */
export interface Written {
  readonly name: string
  readonly bytes: Uint8Array
  /** What only a person knows. */
  readonly hints?: { readonly currency?: string; readonly zone?: string }
  /** Members of the drafted mapping, among others. */
  readonly mapping: Readonly<Record<string, unknown>>
  /** What a comment says, among others. */
  readonly says?: readonly string[]
  /** Members of the events, in order, among others. */
  readonly events: readonly Readonly<Record<string, unknown>>[]
}

export const utf8 = (text: string): Uint8Array => Buffer.from(text)
export const lines = (...texts: string[]): string => `${texts.join('\n')}\n`
