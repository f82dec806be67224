import { createHash } from 'node:crypto'
import type { PartitionAssigner } from 'kafkajs'
import type { Task, Topic } from '../../ports/types.ts'
import type { Kafkajs } from './repairs.ts'

/** A member of the group, as it describes itself when it joins. */
export interface Member {
  readonly id: string
  /** Stable over restarts (a pod's name). */
  readonly name: string
  /** What it holds now. */
  readonly tasks: readonly Task[]
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * Shares out `count` tasks so that the members' numbers differ by one at most. A member keeps what it holds up to its share; the
 * rest goes where rendezvous hashing of names puts it (Thaler & Ravishankar 1998), so that a group that starts again comes out as
 * before. A function of the set of members: their order does not count.
 */
export function assignTasks(count: number, members: readonly Member[]): Map<string, Task[]> {
  const sorted = [...members].sort((a, b) => compareText(a.name, b.name) || compareText(a.id, b.id))
  const shares = new Map(sorted.map((member) => [member.id, [] as Task[]]))
  const free = new Set(Array.from({ length: count }, (_, p) => p))
  const least = Math.floor(count / sorted.length)
  /** Members that may have one more than the others. */
  let larger = count % sorted.length
  const room = (share: readonly Task[]): boolean =>
    share.length < least || (share.length === least && larger > 0)
  const give = (share: Task[], p: Task): void => {
    if (share.length === least) larger--
    share.push(p)
    free.delete(p)
  }
  // in rounds, so that a member with many does not take another's share of the larger ones
  for (let round = 0; round <= least; round++) {
    for (const { id, tasks } of sorted) {
      const share = shares.get(id) as Task[]
      const kept = [...tasks].sort((a, b) => a - b).find((p) => free.has(p))
      if (kept !== undefined && share.length <= round && room(share)) give(share, kept)
    }
  }
  for (const p of free) {
    const best = sorted
      .filter(({ id }) => room(shares.get(id) as Task[]))
      .map(({ id, name }) => ({ id, weight: weightOf(name, p) }))
      .reduce((a, b) => (b.weight > a.weight ? b : a))
    give(shares.get(best.id) as Task[], p)
  }
  for (const share of shares.values()) share.sort((a, b) => a - b)
  return shares
}

function weightOf(name: string, p: Task): number {
  return createHash('md5').update(`${name}\0${p}`).digest().readUIntBE(0, 6)
}

const PROTOCOL = 'segmentation-tasks'
const PROTOCOL_VERSION = 1

/** Assigns partition p of every input topic to one member: a task. All members must speak it, and the topics must have equally many partitions. */
export function taskAssigner(
  kafkajs: Kafkajs,
  self: { readonly name: string; tasks(): readonly Task[] },
): PartitionAssigner {
  const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol
  return ({ cluster }) => ({
    name: PROTOCOL,
    version: PROTOCOL_VERSION,
    async assign({ members, topics }) {
      const counts = Object.fromEntries(
        topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).length]),
      )
      const problem = unequalCounts(counts)
      if (problem !== undefined) throw new kafkajs.KafkaJSNonRetriableError(problem)
      const described = members.map(({ memberId, memberMetadata }) =>
        describe(memberId, MemberMetadata.decode(memberMetadata)?.userData),
      )
      const shares = assignTasks(Object.values(counts)[0] ?? 0, described)
      return [...shares].map(([memberId, tasks]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: PROTOCOL_VERSION,
          assignment: Object.fromEntries(topics.map((topic) => [topic, tasks])),
          userData: Buffer.alloc(0),
        }),
      }))
    },
    protocol: ({ topics }) => ({
      name: PROTOCOL,
      metadata: MemberMetadata.encode({
        version: PROTOCOL_VERSION,
        topics,
        userData: Buffer.from(JSON.stringify({ name: self.name, tasks: self.tasks() })),
      }),
    }),
  })
}

/** What is wrong with the topics of a run, if their numbers of partitions differ. */
export function unequalCounts(counts: Readonly<Record<Topic, number>>): string | undefined {
  if (new Set(Object.values(counts)).size <= 1) return undefined
  const list = Object.entries(counts).map(([topic, count]) => `${topic} ${count}`)
  return `input topics with different numbers of partitions: ${list.join(', ')}; expected the same number`
}

function describe(id: string, userData: Buffer | undefined): Member {
  try {
    const { name, tasks } = JSON.parse(userData?.toString('utf8') ?? '') as Partial<Member>
    if (typeof name === 'string' && Array.isArray(tasks)) return { id, name, tasks: tasks.map(Number) }
  } catch {
    // a member that says nothing of itself is known by its id
  }
  return { id, name: id, tasks: [] }
}
