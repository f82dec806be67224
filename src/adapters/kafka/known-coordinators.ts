export interface CoordinatorRequest {
  /** Of a group or of a transaction. */
  readonly groupId: string
  readonly coordinatorType?: number | undefined
}

export interface TransactionRequest {
  readonly transactionalId?: string | undefined
}

/** kafkajs's connections to one broker. */
export interface Coordinator {
  isConnected(): boolean
}

const TRANSACTION = 1

/**
 * The coordinators of transactions, per cluster object of kafkajs and transactional id: one is believed while all that it was
 * asked for this id since was answered without an error, and looked up anew otherwise.
 */
export class KnownCoordinators {
  readonly #found = new WeakMap<object, Map<string, Coordinator>>()
  readonly #answered = new WeakMap<Coordinator, Set<string>>()

  async find(
    cluster: object,
    { groupId, coordinatorType }: CoordinatorRequest,
    look: () => unknown,
  ): Promise<unknown> {
    if (coordinatorType !== TRANSACTION) return look()
    const found = this.#found.get(cluster) ?? new Map<string, Coordinator>()
    this.#found.set(cluster, found)
    const before = found.get(groupId)
    if (before && this.#answered.get(before)?.has(groupId) === true && before.isConnected()) return before
    const coordinator = (await look()) as Coordinator
    found.set(groupId, coordinator)
    return coordinator
  }

  async asked(
    coordinator: Coordinator,
    { transactionalId = '' }: TransactionRequest,
    ask: () => unknown,
  ): Promise<unknown> {
    const answered = this.#answered.get(coordinator) ?? new Set<string>()
    this.#answered.set(coordinator, answered)
    try {
      const answer = await ask()
      answered.add(transactionalId)
      return answer
    } catch (error) {
      answered.delete(transactionalId)
      throw error
    }
  }
}
