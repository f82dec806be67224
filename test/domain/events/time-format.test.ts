import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ZoneTable } from '../../../src/domain/base/zone.ts'
import { timeReader } from '../../../src/domain/events/time-format.ts'
import { HOUR_MS } from '../../../src/domain/base/duration.ts'

/** Paris in 2024: summer time from 31 March 01:00 UTC to 27 October 01:00 UTC. */
const PARIS: ZoneTable = {
  name: 'Europe/Paris',
  starts: [0, Date.UTC(2024, 2, 31, 1), Date.UTC(2024, 9, 27, 1)],
  offsets: [HOUR_MS, 2 * HOUR_MS, HOUR_MS],
}
const REES46 = "yyyy-MM-dd HH:mm:ss 'UTC'"
const read = (format: string, text: string, zone?: ZoneTable): string | undefined => {
  const ms = timeReader(format, zone)?.(text)
  return ms === undefined ? undefined : new Date(ms).toISOString()
}

test.each<[string, string, string | undefined]>([
  ['iso', '2012-12-02T00:30:08.276Z', '2012-12-02T00:30:08.276Z'],
  ['iso', '2012-12-02T00:30:08Z', '2012-12-02T00:30:08.000Z'],
  ['iso', '2012-12-02T00:30Z', '2012-12-02T00:30:00.000Z'],
  ['iso', '2012-12-02T00:30:08.123456789Z', '2012-12-02T00:30:08.123Z'],
  ['iso', '2012-12-02T00:30:08.5+02:00', '2012-12-01T22:30:08.500Z'],
  ['iso', '2012-12-02T00:30:08-0530', '2012-12-02T06:00:08.000Z'],
  ['iso', '2012-12-02T00:30:08+01', '2012-12-01T23:30:08.000Z'],
  ['iso', '2012-12-02 00:30:08', '2012-12-02T00:30:08.000Z'],
  ['iso', '2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
  ['iso', '2023-02-29T00:00:00Z', undefined],
  ['iso', '1900-02-29T00:00:00Z', undefined],
  ['iso', '2024-13-01T00:00:00Z', undefined],
  ['iso', '2024-00-01T00:00:00Z', undefined],
  ['iso', '2024-01-00T00:00:00Z', undefined],
  ['iso', '2024-01-01T24:00:00Z', undefined],
  ['iso', '2024-01-01T00:60:00Z', undefined],
  ['iso', '2024-01-01T00:00:60Z', undefined],
  ['iso', '2024-01-01', undefined],
  ['iso', 'yesterday', undefined],
  ['epoch-ms', '1700000000000', '2023-11-14T22:13:20.000Z'],
  ['epoch-s', '1700000000', '2023-11-14T22:13:20.000Z'],
  ['epoch-s', '1700000000.25', '2023-11-14T22:13:20.250Z'],
  ['epoch-ms', '-5', undefined],
  ['epoch-ms', 'NaN', undefined],
  [REES46, '2019-10-01 00:00:00 UTC', '2019-10-01T00:00:00.000Z'],
  [REES46, '2019-10-01 00:00:00', undefined],
  [REES46, '2019-10-32 00:00:00 UTC', undefined],
  ['M/d/yyyy H:mm', '12/1/2010 8:26', '2010-12-01T08:26:00.000Z'],
  ['M/d/yyyy H:mm', '12/01/2010 08:26', '2010-12-01T08:26:00.000Z'],
  ['dd/MM/yyyy HH:mm', '31/12/2024 09:15', '2024-12-31T09:15:00.000Z'],
  ['M/d/yy H:mm', '12/1/10 8:26', '2010-12-01T08:26:00.000Z'],
  ['MM/dd/yyyy h:mm a', '12/31/2024 9:15 PM', '2024-12-31T21:15:00.000Z'],
  ['MM/dd/yyyy h:mm a', '12/31/2024 12:15 AM', '2024-12-31T00:15:00.000Z'],
  ['MM/dd/yyyy hh:mm a', '12/31/2024 12:15 pm', '2024-12-31T12:15:00.000Z'],
  ['MM/dd/yyyy h:mm a', '12/31/2024 13:15 PM', undefined],
  ['d MMM yyyy', '3 Mar 2024', '2024-03-03T00:00:00.000Z'],
  ['d MMM yyyy', '3 Mai 2024', undefined],
  ['yyyy-MM-dd HH:mm:ss.SSSSSS', '2024-03-03 01:02:03.456789', '2024-03-03T01:02:03.456Z'],
  ['yyyy-MM-dd HH:mm:ss.S', '2024-03-03 01:02:03.4', '2024-03-03T01:02:03.400Z'],
  ['yyyy-MM-dd HH:mm:ssxxx', '2024-03-03 01:02:03+02:00', '2024-03-02T23:02:03.000Z'],
  ['yyyy-MM-dd HH:mm:ss xx', '2024-03-03 01:02:03 -0530', '2024-03-03T06:32:03.000Z'],
  ['yyyy-MM-dd HH:mm:ssX', '2024-03-03 01:02:03Z', '2024-03-03T01:02:03.000Z'],
  ['epoch-us', '1700000000000999', '2023-11-14T22:13:20.000Z'],
  ['epoch-ns', '1700000000123000000', '2023-11-14T22:13:20.123Z'],
  ['epoch-us', '1', '1970-01-01T00:00:00.000Z'],
  ['epoch-s', '1700000000.001', '2023-11-14T22:13:20.001Z'],
  ['epoch-ns', '1700000000123456789', '2023-11-14T22:13:20.123Z'],
  ['dd.MM.yyyy', '31.12.2024', '2024-12-31T00:00:00.000Z'],
])('%s: %s', (format, text, expected) => {
  expect(read(format, text)).toBe(expected)
})

test.each(['yyyy-QQ-dd', 'HH:mm', 'yyyy-MM', 'iso8601', 'dd/MM/yyyy h:mm', 'dd/MM/yyyy HH:mm a'])(
  '%s is not a format',
  (format) => {
    expect(timeReader(format)).toBeUndefined()
  },
)

describe('local time of a zone', () => {
  test.each([
    ['in winter', '2024-01-15 12:00:00', '2024-01-15T11:00:00.000Z'],
    ['in summer', '2024-07-15 12:00:00', '2024-07-15T10:00:00.000Z'],
    ['the last second before the gap', '2024-03-31 01:59:59', '2024-03-31T00:59:59.000Z'],
    ['inside the gap: as far behind the change', '2024-03-31 02:30:00', '2024-03-31T01:30:00.000Z'],
    ['behind the gap', '2024-03-31 03:00:00', '2024-03-31T01:00:00.000Z'],
    ['what happens twice: the first', '2024-10-27 02:30:00', '2024-10-27T00:30:00.000Z'],
    ['behind it', '2024-10-27 03:00:00', '2024-10-27T02:00:00.000Z'],
  ])('%s', (_when, text, expected) => {
    expect(read('yyyy-MM-dd HH:mm:ss', text, PARIS)).toBe(expected)
    expect(read('iso', text, PARIS)).toBe(expected)
  })
})

test('every instant written as ISO 8601 is read back', () => {
  const dates = fc.date({ min: new Date(0), max: new Date(Date.UTC(9999, 11, 31)), noInvalidDate: true })
  fc.assert(
    fc.property(dates, (date) => {
      expect(timeReader('iso')?.(date.toISOString())).toBe(date.getTime())
    }),
  )
})
