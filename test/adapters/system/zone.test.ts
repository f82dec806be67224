import { describe, expect, it } from 'vitest'
import { zoneTable } from '../../../src/adapters/system/zone.ts'
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/base/duration.ts'
import { offsetAt, UTC } from '../../../src/domain/base/zone.ts'
import { SegmentationError } from '../../../src/errors.ts'

describe('zone tables', () => {
  it.each<readonly [string, string, number]>([
    ['Europe/Paris', '2024-03-31T00:59:59.999Z', HOUR_MS],
    ['Europe/Paris', '2024-03-31T01:00:00.000Z', 2 * HOUR_MS],
    ['Europe/Paris', '2024-10-27T00:59:59.999Z', 2 * HOUR_MS],
    ['Europe/Paris', '2024-10-27T01:00:00.000Z', HOUR_MS],
    ['America/New_York', '2007-03-11T06:59:59.999Z', -5 * HOUR_MS],
    ['America/New_York', '2007-03-11T07:00:00.000Z', -4 * HOUR_MS],
    ['Australia/Lord_Howe', '2024-04-06T15:00:00.000Z', 10 * HOUR_MS + 30 * MINUTE_MS],
    ['Asia/Kathmandu', '2024-01-01T00:00:00.000Z', 5 * HOUR_MS + 45 * MINUTE_MS],
    ['Asia/Kolkata', '2000-01-01T00:00:00.000Z', 5 * HOUR_MS + 30 * MINUTE_MS],
  ])('%s at %s', (name, at, offset) => {
    expect(offsetAt(zoneTable(name), Date.parse(at))).toBe(offset)
  })

  it('agree with the machine at any time', () => {
    const zone = zoneTable('Africa/Casablanca') // goes back for a month of every year, by the moon
    const hours = new Intl.DateTimeFormat('en-US', { timeZone: zone.name, hour: 'numeric', hourCycle: 'h23' })
    for (let t = Date.UTC(2000, 0, 1); t < Date.UTC(2060, 0, 1); t += 50 * HOUR_MS) {
      expect(new Date(t + offsetAt(zone, t)).getUTCHours()).toBe(Number(hours.format(t)))
    }
  })

  it('are ascending, made once, and UTC has one stretch', () => {
    const { starts, offsets } = zoneTable('Europe/London')
    expect(starts).toEqual([...starts].sort((a, b) => a - b))
    expect(new Set(starts).size).toBe(offsets.length)
    expect(zoneTable('Europe/London')).toBe(zoneTable('Europe/London'))
    expect(zoneTable('UTC')).toBe(UTC)
  })

  it('an unknown name is a mistake of the configuration', () => {
    expect(() => zoneTable('Europe/Atlantis')).toThrow(SegmentationError)
    expect(() => zoneTable('Europe/Atlantis')).toThrow(/"Europe\/Atlantis": expected an IANA name/)
  })
})
