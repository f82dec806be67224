import avro from 'avsc'

const MAX_SCALE = 100

/** Keeps what a schema says beside its plain type; how its values are read is in `read-logical.ts`. */
export class Logical extends avro.types.LogicalType {
  readonly scale: number

  constructor(schema: avro.Schema, options?: Parameters<typeof avro.Type.forSchema>[1]) {
    super(schema, options)
    this.scale = (schema as { readonly scale?: number }).scale ?? 0
    // the compiler then takes the plain type below, as the specification says
    if (!(Number.isInteger(this.scale) && this.scale >= 0 && this.scale <= MAX_SCALE))
      throw new Error(`scale ${this.scale}`)
  }

  // values pass as they are: only defaults go through here
  protected override _fromValue(value: unknown): unknown {
    return value
  }

  protected override _toValue(value: unknown): unknown {
    return value
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
