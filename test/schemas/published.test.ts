import { resolve } from 'node:path'
import { existsSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeCatalogEntry, encodeMembership, encodeTransition } from '../../src/domain/segments/payload.ts'
import { EVENT_KINDS } from '../../src/domain/events/kinds.ts'
import { parseMapping } from '../../src/domain/events/mapping.ts'
import { eventSchema } from '../../src/domain/events/schema.ts'
import { START_MS, catalogEntry, membership, transition } from '../support/revisions.ts'
import { SCHEMAS, asyncApi } from './asyncapi.ts'

type Json = Readonly<Record<string, unknown>>

const published = (name: string): Json => JSON.parse(readFileSync(resolve(SCHEMAS, name), 'utf8')) as Json

// Formats say what a text is for; the patterns beside them are what is checked.
const ajv = new Ajv2020({ strict: false, validateFormats: false })
for (const name of ['event.schema.json', 'bundle.schema.json', 'mapping.schema.json'])
  ajv.addSchema(published(name), name)
const accepts = (schema: object | string, value: unknown): boolean => ajv.validate(schema, value)

describe('the published schema of an event', () => {
  const base = { eventId: 'e', userId: 'u', eventTime: Date.UTC(2024, 0, 31) }
  const parts = fc.record(
    {
      product: fc.constant('p'),
      orderId: fc.constant('o'),
      amountMinor: fc.constantFrom(0, 100, -1),
      discountMinor: fc.constant(5),
      currency: fc.constant('EUR'),
      lines: fc.constantFrom([], [{ product: 'p', quantity: 1, amountMinor: 100 }]),
      promotion: fc.constant('x'),
      campaign: fc.constant('y'),
      colour: fc.constant('red'),
    },
    { requiredKeys: [] },
  )

  test('accepts what the decoder accepts, kind by kind', () => {
    const seen = { accepted: 0, refused: 0 }
    fc.assert(
      fc.property(fc.constantFrom(...EVENT_KINDS), parts, (kind, more) => {
        const event = { ...base, kind, ...more }
        const accepted = eventSchema.safeParse(event).success
        seen[accepted ? 'accepted' : 'refused']++
        expect(accepts('event.schema.json', event)).toBe(accepted)
      }),
      { numRuns: 2000 },
    )
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(100)
  })
})

test.each(['rees46', 'segment', 'online-retail'])('the published schema of a mapping accepts %s', (name) => {
  const mapping = JSON.parse(
    readFileSync(resolve(SCHEMAS, `../models/mappings/${name}.json`), 'utf8'),
  ) as Json
  expect(accepts('mapping.schema.json', mapping)).toBe(true)
  expect(accepts('mapping.schema.json', { ...mapping, colour: 'red' })).toBe(false)
  expect(parseMapping(mapping, name).name).toBe(name)
})

describe('the AsyncAPI document', () => {
  const document = asyncApi()

  /** The value at a JSON pointer of the document; undefined where there is none. */
  const at = (pointer: string): unknown =>
    pointer
      .slice('#/'.length)
      .split('/')
      .reduce<unknown>((value, step) => (value as Json | undefined)?.[step], document)

  function refs(value: unknown): string[] {
    if (typeof value !== 'object' || value === null) return []
    return Object.entries(value).flatMap(([key, one]) =>
      key === '$ref' ? [one as string] : refs(one as unknown),
    )
  }

  test('is made from the schemas (vitest -u writes it anew)', async () => {
    await expect(`${JSON.stringify(document, undefined, 2)}\n`).toMatchFileSnapshot(
      resolve(SCHEMAS, 'asyncapi.json'),
    )
  })

  test('every reference leads somewhere: in the document, or to a file beside it', () => {
    const all = refs(document)
    expect(all.length).toBeGreaterThan(20)
    for (const ref of all.filter((one) => one.startsWith('#/channels') || one.startsWith('#/components')))
      expect({ ref, found: at(ref) !== undefined }).toEqual({ ref, found: true })
    for (const ref of all.filter((one) => one.startsWith('./')))
      expect({ ref, found: existsSync(resolve(SCHEMAS, ref)) }).toEqual({ ref, found: true })
  })

  test('has the shape that AsyncAPI 3 asks for', () => {
    const name = { type: 'object', additionalProperties: { type: 'object' }, minProperties: 1 }
    const reference = { type: 'object', required: ['$ref'], properties: { $ref: { type: 'string' } } }
    const channel = {
      type: 'object',
      required: ['address', 'messages'],
      properties: {
        address: { type: ['string', 'null'] },
        messages: { type: 'object', additionalProperties: reference },
      },
    }
    const operation = {
      type: 'object',
      required: ['action', 'channel'],
      properties: {
        action: { enum: ['send', 'receive'] },
        channel: reference,
        messages: { items: reference },
      },
    }
    const shape = {
      type: 'object',
      required: ['asyncapi', 'info', 'channels', 'operations', 'components'],
      properties: {
        asyncapi: { const: '3.0.0' },
        info: { type: 'object', required: ['title', 'version'] },
        channels: { ...name, additionalProperties: channel },
        operations: { ...name, additionalProperties: operation },
      },
    }
    ajv.validate(shape, document)
    expect(ajv.errors ?? []).toEqual([])
    // a parameter in an address is declared, and no other
    for (const { address, parameters = {} } of Object.values(document['channels'] as Record<string, Json>)) {
      const named = [...String(address).matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
      expect(Object.keys(parameters as object)).toEqual(named)
    }
  })

  const payloadOf = (message: string): object =>
    (at(`#/components/messages/${message}`) as Json)['payload'] as object
  const leaving = transition(2, { to: null, toName: null })

  test.each<[string, string]>([
    ['segmentChanged', encodeTransition(transition(7), 'shop')],
    ['segmentChanged', encodeTransition(leaving, 'shop')],
    ['userSegment', encodeMembership(membership('u-1', 'loyal'))],
    ['segment', encodeCatalogEntry(catalogEntry('loyal'))],
    ['segment', encodeCatalogEntry(catalogEntry('gone', { diedAt: START_MS, share: null }))],
    ['event', JSON.stringify({ eventId: 'e', userId: 'u', eventTime: START_MS, kind: 'page_viewed' })],
  ])('%s: what is written is what it says', (message, text) => {
    const value = JSON.parse(text) as Json
    ajv.validate(payloadOf(message), value)
    expect(ajv.errors ?? []).toEqual([])
    expect(accepts(payloadOf(message), { ...value, mood: 'calm' })).toBe(false)
  })
})
