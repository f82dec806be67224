import avro from 'avsc'

/** Keeps what a schema says beside its plain type; how its values are read is in `read.ts`. */
class Logical extends avro.types.LogicalType {
  readonly scale: number

  constructor(schema: avro.Schema, options?: Parameters<typeof avro.Type.forSchema>[1]) {
    super(schema, options)
    this.scale = (schema as { readonly scale?: number }).scale ?? 0
  }
}

/** What logical types are read as; all others are read as the plain type below them. */
const NAMES = [
  'decimal',
  'date',
  'timestamp-millis',
  'timestamp-micros',
  'timestamp-nanos',
  'local-timestamp-millis',
  'local-timestamp-micros',
  'local-timestamp-nanos',
] as const
export type LogicalName = (typeof NAMES)[number]

export const LOGICAL_TYPES: Readonly<Record<LogicalName, typeof Logical>> = Object.fromEntries(
  NAMES.map((name) => [name, Logical]),
) as Record<LogicalName, typeof Logical>
