import { lines, utf8, type Written } from './written.ts'

const change = (op: string, row: object | null): string =>
  JSON.stringify({ payload: { before: null, after: row, op } })

export const JSON_FORMS: readonly Written[] = [
  {
    name: 'nested.ndjson',
    bytes: utf8(
      lines(
        '{"id":"e1","context":{"user":{"id":12345678901234567890}},"type":"product_view","at":"2025-01-01T00:00:00Z","item":{"sku":"a","price":1.5},"currency":"EUR"}',
        '{"id":"e2","context":{"user":{"id":12345678901234567891}},"type":"order_completed","at":"2025-01-01T00:00:01Z","item":{"sku":"a","price":2},"currency":"EUR"}',
      ),
    ),
    mapping: {
      format: 'ndjson',
      eventId: 'id',
      user: 'context.user.id',
      product: 'item.sku',
      time: { field: 'at', format: 'iso' },
    },
    says: ['guess: the only field of times is "at"'],
    events: [
      { eventId: 'e1', userId: '12345678901234567890', amountMinor: 150 },
      { userId: '12345678901234567891' },
    ],
  },
  {
    name: 'array.json',
    bytes: utf8(
      JSON.stringify(
        [
          { customer: 'a', date: '2025-01-01T10:00:00Z', order_id: 'o1', amount: 9.5, currency: 'EUR' },
          { customer: 'b', date: '2025-01-02T10:00:00Z', order_id: 'o2', amount: 3, currency: 'EUR' },
        ],
        null,
        2,
      ),
    ),
    mapping: { format: 'json', kind: { constant: 'order_completed' } },
    events: [{ amountMinor: 950 }, { amountMinor: 300 }],
  },
  {
    name: 'objects.json',
    bytes: utf8(
      '{\n "user": "a",\n "time": 1735689600,\n "product": "p"\n}\n{\n "user": "b",\n "time": 1735689601,\n "product": "q"\n}\n',
    ),
    mapping: { format: 'json', time: { field: 'time', format: 'epoch-s' } },
    events: [{ userId: 'a' }, { userId: 'b' }],
  },
  {
    name: 'order-lines.ndjson',
    bytes: utf8(
      lines(
        '{"orderId":"o1","customerId":"a","createdAt":"2025-01-01T10:00:00Z","currency":"EUR","total":7.5,"items":[{"sku":"x","qty":2,"unitPrice":1.25},{"sku":"y","qty":1,"unitPrice":5}]}',
        '{"orderId":"o2","customerId":"b","createdAt":"2025-01-01T11:00:00Z","currency":"EUR","total":5,"items":[{"sku":"y","qty":1,"unitPrice":5}]}',
      ),
    ),
    mapping: {
      lines: { field: 'items', product: 'sku', quantity: 'qty', price: 'unitPrice' },
      orderId: 'orderId',
    },
    events: [{ amountMinor: 750, lines: [{ product: 'x', quantity: 2 }, { product: 'y' }] }, {}],
  },
  {
    name: 'debezium.ndjson',
    bytes: utf8(
      lines(
        change('c', {
          order_id: 1,
          customer_id: 'a',
          created_at: 1_735_689_600_000_000,
          total: '12.50',
          currency: 'EUR',
        }),
        change('d', null),
        change('r', {
          order_id: 2,
          customer_id: 'b',
          created_at: 1_735_689_700_000_000,
          total: '1.50',
          currency: 'EUR',
        }),
      ),
    ),
    mapping: { envelope: 'debezium', time: { field: 'created_at', format: 'epoch-us' }, user: 'customer_id' },
    events: [{ amountMinor: 1250, eventTime: 1_735_689_600_000 }, { amountMinor: 150 }],
  },
  {
    name: 'bare-changes.ndjson',
    bytes: utf8(
      lines(
        '{"op":"c","before":null,"after":{"id":1,"user_id":"a","ts":1735689600000,"event":"view","sku":"p"}}',
        '{"op":"u","before":null,"after":{"id":2,"user_id":"b","ts":1735689600001,"event":"cart","sku":"p"}}',
      ),
    ),
    mapping: { envelope: 'debezium', eventId: 'id' },
    events: [{ kind: 'product_viewed' }, { kind: 'product_added' }],
  },
  {
    name: 'sessions.ndjson',
    bytes: utf8(
      lines(
        '{"session":11,"aid":5,"ts":1661724000278,"type":"clicks"}',
        '{"session":12,"aid":6,"ts":1661724000279,"type":"carts"}',
      ),
    ),
    mapping: { user: 'session', product: 'aid' },
    says: ['CHECK: no field says who it was: each session is taken for a user'],
    events: [
      { userId: '11', kind: 'product_viewed' },
      { userId: '12', kind: 'product_added' },
    ],
  },
]
