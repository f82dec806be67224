import { bar } from '../../render/spark.ts'
import { duration } from '../../render/format.ts'
import { pad } from '../../render/table.ts'
import type { Cli } from '../cli.ts'

/** Longest sentence of a stage, so that the times stand below each other. */
const TEXT_WIDTH = 92

/** The numbered stages of the demo, one line each when it is done. */
export class Stages {
  readonly #cli: Cli
  readonly #count: number
  #done = 0

  constructor(cli: Cli, count: number) {
    this.#cli = cli
    this.#count = count
  }

  /** Runs one stage; `work` gives its result and the sentence that sums it up. */
  async run<T>(name: string, work: () => Promise<readonly [result: T, text: string]>): Promise<T> {
    const started = performance.now()
    const [result, text] = await work()
    this.#done++
    const took = duration(performance.now() - started)
    await this.#cli.print(
      ` ${this.#done}/${this.#count} ${pad(name, 9)}${bar(1, 10)} ${pad(text, TEXT_WIDTH)} ${took}`,
    )
    return result
  }
}
