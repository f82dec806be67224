import { gzipSync } from 'node:zlib'
import { JSON_FORMS } from './json-forms.ts'
import { lines, utf8, type Written } from './written.ts'

/** Text in an encoding of one byte a character, whose characters beyond ASCII are given. */
function coded(text: string, codes: Readonly<Record<string, number>>): Uint8Array {
  return Uint8Array.from(Array.from(text).map((c) => codes[c] ?? c.codePointAt(0) ?? 0))
}

const at = (iso: string): number => Date.parse(iso)
const EUR = { currency: 'EUR' }

const CSV: readonly Written[] = [
  {
    name: 'comma.csv',
    bytes: utf8(
      lines(
        'event_time,event_type,user_id,product_id,price_usd',
        '2025-03-01T10:00:00Z,view,u1,p1,9.99',
        '2025-03-01T10:05:00Z,add_to_cart,u1,p1,9.99',
        '2025-03-01T10:06:30Z,purchase,u2,p2,20',
      ),
    ),
    mapping: {
      format: 'csv',
      user: 'user_id',
      currency: 'USD',
      time: { field: 'event_time', format: 'iso' },
    },
    events: [
      {
        kind: 'product_viewed',
        userId: 'u1',
        product: 'p1',
        amountMinor: 999,
        eventTime: at('2025-03-01T10:00:00Z'),
      },
      { kind: 'product_added' },
      { kind: 'order_completed', userId: 'u2', amountMinor: 2000, currency: 'USD' },
    ],
  },
  {
    name: 'french-1252.csv',
    bytes: coded(
      lines(
        'No commande;Date commande;Id client;Référence;Quantité;Prix unitaire;Catégorie',
        'F1;31/12/2024 09:15;c1;r1;2;12,50 ¤;Vêtements > Été',
        'F2;02/01/2025 18:40;c2;r2;1;1 234,90 ¤;Déco',
      ),
      { '¤': 0x80 },
    ),
    hints: { zone: 'Europe/Paris' },
    mapping: {
      encoding: 'windows-1252',
      delimiter: ';',
      numbers: { decimal: ',', thousands: [' '], symbols: ['€'] },
      time: { field: 'Date commande', format: 'dd/MM/yyyy HH:mm', zone: 'Europe/Paris' },
      currency: 'EUR',
      user: 'Id client',
      category: { field: 'Catégorie', separator: ' > ' },
    },
    says: ['1 of 2 have a first number above 12: it is the day'],
    events: [
      {
        kind: 'order_completed',
        userId: 'c1',
        amountMinor: 2500,
        quantity: 2,
        orderId: 'F1',
        eventTime: at('2024-12-31T08:15:00Z'),
      },
      { userId: 'c2', amountMinor: 123_490 },
    ],
  },
  {
    name: 'german.csv',
    bytes: utf8(
      lines(
        'Bestellnummer;Bestelldatum;Kundennr;Artikelnummer;Menge;Gesamtbetrag',
        'B1;05.02.2025 08:00:01;k1;a1;1;"1.299,00 €"',
        'B2;17.02.2025 23:59:59;k2;a2;3;"45,90 €"',
      ),
    ),
    mapping: {
      delimiter: ';',
      numbers: { decimal: ',', thousands: ['.'], symbols: ['€'] },
      time: { field: 'Bestelldatum', format: 'dd.MM.yyyy HH:mm:ss', zone: 'UTC' },
      amount: { field: 'Gesamtbetrag' },
    },
    says: ['the times say no zone: read as UTC, else write the shop’s, such as Europe/Berlin'],
    events: [
      { amountMinor: 129_900, quantity: 1 },
      { amountMinor: 4590, quantity: 3 },
    ],
  },
  {
    name: 'spanish.csv',
    bytes: utf8(
      lines(
        'Id cliente;Fecha pedido;Num pedido;Producto;Importe',
        'c1;3/4/2025;P1;x;10,5',
        'c2;28/4/2025;P2;y;7,25',
      ),
    ),
    hints: EUR,
    mapping: {
      time: { field: 'Fecha pedido', format: 'd/M/yyyy'.replace('M', 'M'), zone: 'UTC' },
      orderId: 'Num pedido',
      amount: { field: 'Importe' },
    },
    events: [
      { eventTime: at('2025-04-03T00:00:00Z'), amountMinor: 1050 },
      { eventTime: at('2025-04-28T00:00:00Z') },
    ],
  },
  {
    name: 'american.tsv',
    bytes: utf8(
      lines(
        'Order ID\tOrder Date\tCustomer ID\tOrder Total',
        'o1\t12/31/2024 9:05 PM\tc1\t"$1,234.50"',
        'o2\t1/2/2025 11:30 AM\tc2\t$8.00',
      ),
    ),
    mapping: {
      delimiter: '\t',
      numbers: { thousands: [','], symbols: ['$'] },
      currency: 'USD',
      time: { field: 'Order Date', format: 'M/d/yyyy h:mm a', zone: 'UTC' },
    },
    events: [{ amountMinor: 123_450, eventTime: at('2024-12-31T21:05:00Z') }, { amountMinor: 800 }],
  },
  {
    name: 'pipes.txt',
    bytes: utf8(
      lines('ts|action|visitorid|itemid', '1735689600|view|7|355908', '1735689700|addtocart|7|355908'),
    ),
    mapping: { delimiter: '|', time: { field: 'ts', format: 'epoch-s' }, user: 'visitorid' },
    events: [{ kind: 'product_viewed', eventTime: 1_735_689_600_000 }, { kind: 'product_added' }],
  },
  {
    name: 'utf16.csv',
    bytes: Buffer.from(
      `\ufeff${lines('user,date,page', 'Zoë,2025-05-01 10:00,/', 'Jürgen,2025-05-01 11:00,/a')}`,
      'utf16le',
    ),
    mapping: {
      user: 'user',
      time: { field: 'date', format: 'iso', zone: 'UTC' },
      kind: { constant: 'page_viewed' },
    },
    says: ['no field says what was done: all are taken for page_viewed'],
    events: [{ userId: 'Zoë', kind: 'page_viewed' }, { userId: 'Jürgen' }],
  },
  {
    name: 'bom.csv',
    bytes: utf8(
      `\ufeff${lines('userId,timestamp,productId', 'a,2025-01-01T00:00:00.123+02:00,p', 'b,2025-01-01T00:00:01.000+02:00,q')}`,
    ),
    mapping: { user: 'userId', kind: { constant: 'product_viewed' } },
    events: [{ userId: 'a', eventTime: at('2024-12-31T22:00:00.123Z'), kind: 'product_viewed' }, {}],
  },
  {
    name: 'polish.csv',
    bytes: coded(
      lines(
        'user_id;time;brand;product',
        'u1;2025-01-01 10:00:00;Żółta Łódź;p1',
        'u2;2025-01-01 10:00:01;Źródło;p2',
      ),
      {
        Ż: 0xaf,
        ó: 0xf3,
        ł: 0xb3,
        Ł: 0xa3,
        d: 0x64,
        ź: 0x9f,
        Ź: 0x8f,
      },
    ),
    mapping: { encoding: 'windows-1250' },
    events: [{ brand: 'Żółta Łódź' }, { brand: 'Źródło' }],
  },
  {
    name: 'cyrillic.csv',
    bytes: coded(
      lines(
        'user_id,time,brand,product_id',
        'u1,2025-01-01 10:00:00,Мир,p1',
        'u2,2025-01-01 10:00:01,Дом,p2',
      ),
      Object.fromEntries(
        Array.from('АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя').map((c, i) => [
          c,
          0xc0 + i,
        ]),
      ),
    ),
    mapping: { encoding: 'windows-1251' },
    events: [{ brand: 'Мир' }, { brand: 'Дом' }],
  },
  {
    name: 'latin9.csv',
    bytes: coded(
      lines('order_id;date;customer;total', 'o1;2025-01-02;é1;12,00 €', 'o2;2025-01-03;é2;3,50 €'),
      { '€': 0xa4 },
    ),
    mapping: { encoding: 'iso-8859-15', currency: 'EUR' },
    events: [{ userId: 'é1', amountMinor: 1200 }, { amountMinor: 350 }],
  },
  {
    name: 'invoice-lines.csv',
    bytes: utf8(
      lines(
        'invoice,date,customer,sku,qty,unit_price',
        'I1,2025-01-05 10:00:00,c1,s1,2,1.50',
        'I1,2025-01-05 10:00:00,c1,s2,1,4.00',
        'I2,2025-01-05 10:01:00,c2,s1,1,1.50',
      ),
    ),
    hints: EUR,
    mapping: {
      join: { by: 'invoice' },
      eventId: 'invoice',
      amount: { field: 'unit_price', timesQuantity: true },
    },
    says: ['an order id stands in several records'],
    events: [
      { eventId: 'I1', amountMinor: 700, lines: [{ product: 's1' }, { product: 's2' }] },
      { eventId: 'I2', amountMinor: 150 },
    ],
  },
  {
    name: 'credit-notes.csv',
    bytes: utf8(
      lines(
        'InvoiceNo,InvoiceDate,CustomerID,StockCode,Quantity,UnitPrice',
        '100,2025-01-05 10:00:00,1,s1,2,1.50',
        '100,2025-01-05 10:00:00,1,s2,2,1.00',
        'C101,2025-01-06 10:00:00,1,s1,-1,1.50',
      ),
    ),
    hints: { currency: 'GBP' },
    mapping: {
      kind: { field: 'InvoiceNo', prefixes: { C: 'order_refunded', '': 'order_completed' } },
      orderId: { field: 'InvoiceNo', on: ['order_completed'] },
    },
    events: [
      { kind: 'order_completed', amountMinor: 500 },
      { kind: 'order_refunded', amountMinor: 150 },
    ],
  },
  {
    name: 'negative.csv',
    bytes: utf8(
      lines(
        'order_no,time,customer_id,amount',
        '1,2025-01-05T10:00:00Z,a,5.00',
        '2,2025-01-05T10:00:00Z,b,-2.00',
      ),
    ),
    hints: EUR,
    mapping: { skipWhen: [{ field: 'amount', atMost: 0, reason: 'negative' }] },
    says: ['1 records have a amount below 0'.replace('a amount', 'a amount')],
    events: [{ amountMinor: 500 }],
  },
  {
    name: 'quoted.csv',
    bytes: utf8(
      'user_id,event,time,brand,product\r\nu1,view,2025-01-01 00:00:00 UTC,"Smith, ""Sons""\nLtd",p\r\nu2,view,2025-01-01 00:00:01 UTC,B,p\r\n',
    ),
    mapping: { time: { field: 'time', format: "yyyy-MM-dd HH:mm:ss 'UTC'" } },
    events: [{ brand: 'Smith, "Sons"\nLtd' }, { brand: 'B' }],
  },
  {
    name: 'packed.csv.gz',
    bytes: gzipSync(lines('uid,ts,event_name', '1,1735689600123,search', '2,1735689600456,page_view')),
    mapping: { name: 'packed', time: { field: 'ts', format: 'epoch-ms' } },
    events: [{ kind: 'products_searched', eventTime: 1_735_689_600_123 }, { kind: 'page_viewed' }],
  },
  {
    name: 'two-forms.csv',
    bytes: utf8(
      lines('user,time,product', 'a,01.02.2025 10:00,p', 'b,14.02.2025 10:00:30,p', 'c,15.02.2025 11:00,p'),
    ),
    mapping: { time: { field: 'time', format: ['dd.MM.yyyy HH:mm', 'dd.MM.yyyy HH:mm:ss'], zone: 'UTC' } },
    events: [{}, { eventTime: at('2025-02-14T10:00:30Z') }, {}],
  },
  {
    name: 'ordered.csv',
    bytes: utf8(lines('user,time,product', 'a,01/02/2025,p', 'b,02/02/2025,p', 'c,01/03/2025,p')),
    mapping: { time: { field: 'time', format: 'dd/MM/yyyy', zone: 'UTC' } },
    says: ['read with the day first, the records are in the order of time'],
    events: [{ eventTime: at('2025-02-01T00:00:00Z') }, {}, { eventTime: at('2025-03-01T00:00:00Z') }],
  },
  {
    name: 'either.csv',
    bytes: utf8(lines('user,time,product', 'a,03/03/2025,p', 'b,05/05/2025,p')),
    mapping: { time: { field: 'time', format: 'dd/MM/yyyy', zone: 'UTC' } },
    says: ['CHECK: day first or month first? Nothing in the data says it'],
    events: [{}, {}],
  },
  {
    name: 'guests.csv',
    bytes: utf8(
      lines(
        'customer_id,event,time,product_id',
        ',view,2025-01-01T00:00:00Z,p',
        'u2,frobnicate,2025-01-01T00:00:01Z,p',
        'u3,view,2025-01-01T00:00:01Z,p',
      ),
    ),
    mapping: {
      skipWhen: [{ field: 'customer_id', values: [null], reason: 'no-user' }],
      kind: { field: 'event', table: { view: 'product_viewed' }, otherwise: 'other-event' },
    },
    says: ['skipped as other-event, unless the table names them: "frobnicate" (1 records)'],
    events: [{ userId: 'u3' }],
  },
  {
    name: 'currencies.csv',
    bytes: utf8(
      lines(
        'order_id,created_at,customer,total,currency',
        '1,2025-01-01T00:00:00Z,a,1.00,EUR',
        '2,2025-01-01T00:00:00Z,b,2.00,CHF',
      ),
    ),
    mapping: { currency: { field: 'currency' } },
    says: ['one run has one currency'],
    events: [{ currency: 'EUR' }, { currency: 'CHF' }],
  },
]

export const WRITTEN: readonly Written[] = [...CSV, ...JSON_FORMS]
