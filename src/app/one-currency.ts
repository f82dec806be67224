import type { Decoded } from '../domain/events/event.ts'
import { refused, shown } from '../domain/events/refusal.ts'

/**
 * The one currency of amounts that are added to each other: given, or else that of the first event that has one. Records
 * with another are refused as `unknown-currency`: there are no rates.
 */
export class OneCurrency {
  #code: string | undefined
  #others = 0

  constructor(code?: string) {
    this.#code = code
  }

  /** ISO 4217; undefined where none was given and no event has had one so far. */
  get code(): string | undefined {
    return this.#code
  }

  /** Records that were refused for their currency. */
  get others(): number {
    return this.#others
  }

  /** What was decoded, in the order of the records, or a refusal in its place. */
  admit(decoded: Decoded): Decoded {
    if (decoded.type !== 'events') return decoded
    let code = this.#code
    for (const { currency } of decoded.events) {
      if (currency === undefined) continue
      code ??= currency
      if (currency === code) continue
      this.#others++
      return refused(
        'unknown-currency',
        `currency: ${shown(currency)} is not ${code}, and there are no rates`,
      )
    }
    this.#code = code
    return decoded
  }
}
