import { assert, fail } from '../../errors.ts'
import type { Deployment, Head } from '../../ports/store.ts'
import type { Labels } from '../../domain/segments/labels.ts'

/** A head as it is stored: what changes with each checkpoint, and apart from it what only a command changes. */
export interface HeadText {
  readonly head: string
  /** Deployments and labels: many kilobytes, written only where they differ from those stored. */
  readonly bundles: string
}

interface Bundles {
  readonly deployments: readonly Deployment[]
  readonly labels: Labels
}

/** Head → text; bundles and labels are the same objects from one checkpoint to the next, and their text is made once. */
export class HeadWriter {
  #bundles: Bundles | undefined
  #text = ''

  write(head: Head): HeadText {
    assert(Number.isFinite(head.clock) && Number.isFinite(head.releasedAt), 'a head holds finite times')
    const { deployments, labels, ...rest } = head
    if (this.#bundles?.deployments !== deployments || this.#bundles.labels !== labels) {
      this.#bundles = { deployments, labels }
      this.#text = JSON.stringify(this.#bundles)
    }
    return { head: JSON.stringify(rest), bundles: this.#text }
  }
}

/** Text → head. Rejects with `state-lost` what no checkpoint wrote. */
export function parseHead(text: HeadText, place: string): Head {
  try {
    return { ...(JSON.parse(text.head) as Head), ...(JSON.parse(text.bundles) as Bundles) }
  } catch {
    return fail('state-lost', `${place}: the head is not JSON`)
  }
}
