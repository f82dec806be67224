/** Name of an input: a Kafka topic, or an input file of an embedded run. */
export type Topic = string
/** Partition index of every input topic: the unit of work and ownership. Embedded runs have one task, 0. */
export type Task = number
/** Number of a revision; line 0 opens a journal. */
export type Rev = number
/** Unix milliseconds. */
export type Ms = number
/** Position in one input topic: the next offset to read. */
export type Offset = number
/** Next offset to read per input topic. */
export type Positions = Readonly<Record<Topic, Offset>>
/** Random identity of one ownership of a task's state. */
export type Token = string
