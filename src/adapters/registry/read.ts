import { Buffer } from 'node:buffer'
import type avro from 'avsc'
import { Malformed, type Members, type ValueReader } from '../../ports/schemas.ts'
import { Broken, Cursor } from './cursor.ts'
import { readLogical } from './read-logical.ts'

/** Reads one value of one type. */
export type Read = (cursor: Cursor) => unknown

/**
 * Compiles a reader of Avro values by their writer's schema; `members` names what is wanted of its records. Readers of one
 * schema are made once and used for every record.
 */
export function compileReader(type: avro.Type, members: Members | true = true): ValueReader {
  const cursor = new Cursor()
  const read = new Compiler().reader(type, members)
  return (bytes, from, to) => {
    try {
      cursor.start(bytes, from, to)
      const value = read(cursor)
      return cursor.left === 0 ? value : new Malformed(`${cursor.left} bytes follow the value`)
    } catch (error) {
      if (error instanceof Broken) return new Malformed(error.message)
      throw error
    }
  }
}

type Union = avro.Type & { readonly types: readonly avro.Type[] }

/** A field of a record. */
interface Field {
  readonly name: string
  readonly wanted: boolean
  readonly read: Read
}

class Compiler {
  /** Records in the making, by type and what is wanted of it: they may hold themselves. */
  readonly #records = new Map<avro.Type, Map<Members | true, Read>>()

  reader(type: avro.Type, members: Members | true): Read {
    const name: string = type.typeName
    if (name.startsWith('logical:')) return readLogical(type, (below) => this.reader(below, members))
    if (name.startsWith('union:')) return this.#union(type as Union, members)
    switch (name) {
      case 'null':
        return () => null
      case 'boolean':
        return (cursor) => cursor.byte() !== 0
      case 'int':
      case 'long':
        return (cursor) => cursor.long()
      case 'float':
        return (cursor) => finite(cursor.float())
      case 'double':
        return (cursor) => finite(cursor.double())
      case 'string':
        return (cursor) => cursor.text()
      case 'bytes':
        return (cursor) => base64(cursor, cursor.size())
      case 'fixed':
        return (cursor) => base64(cursor, (type as avro.types.FixedType).size)
      case 'enum':
        return symbolOf((type as avro.types.EnumType).symbols)
      case 'array':
        return this.#list((type as avro.types.ArrayType).itemsType, members)
      case 'map':
        return this.#map((type as unknown as { readonly valuesType: avro.Type }).valuesType, members)
      default:
        return this.#record(type as avro.types.RecordType, members)
    }
  }

  #union({ types }: Union, members: Members | true): Read {
    const readers = types.map((type) => this.reader(type, members))
    const nullFirst = types[0]?.typeName === 'null'
    return (cursor) => {
      // most members of most records
      if (nullFirst && cursor.skipZero()) return null
      const read = readers[cursor.size()]
      if (read === undefined) throw new Broken('a union has no such branch')
      return read(cursor)
    }
  }

  #list(type: avro.Type, members: Members | true): Read {
    const read = this.reader(type, members)
    return (cursor) => {
      const list: unknown[] = []
      cursor.blocks(() => list.push(read(cursor)))
      return list
    }
  }

  #map(type: avro.Type, members: Members | true): Read {
    const read = this.reader(type, members)
    return (cursor) => {
      const map: Record<string, unknown> = {}
      cursor.blocks(() => {
        const key = cursor.text()
        const value = read(cursor)
        // as JSON.parse does: a member like any other
        if (key === '__proto__')
          Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true })
        else map[key] = value
      })
      return map
    }
  }

  #record(type: avro.types.RecordType, members: Members | true): Read {
    const made = this.#records.get(type) ?? new Map<Members | true, Read>()
    this.#records.set(type, made)
    const known = made.get(members)
    if (known !== undefined) return known
    const fields: Field[] = []
    const read: Read = (cursor) => {
      const record: Record<string, unknown> = {}
      cursor.enter()
      for (let i = 0; i < fields.length; i++) {
        const field = fields[i] as Field
        const value = field.read(cursor)
        if (field.wanted && value !== null) record[field.name] = value
      }
      cursor.leave()
      return record
    }
    made.set(members, read)
    for (const field of type.fields) {
      const { name } = field
      const wanted = name !== '__proto__' && (members === true || Object.hasOwn(members, name))
      const below = members === true || !wanted ? true : (members[name] as Members | true)
      fields.push({ name, wanted, read: this.reader(field.type, below) })
    }
    return read
  }
}

function symbolOf(symbols: readonly string[]): Read {
  return (cursor) => {
    const symbol = symbols[cursor.size()]
    if (symbol === undefined) throw new Broken('an enum has no such symbol')
    return symbol
  }
}

/** JSON has no other numbers. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

function base64(cursor: Cursor, size: number): string {
  const from = cursor.take(size)
  return Buffer.from(cursor.bytes.subarray(from, from + size)).toString('base64')
}
