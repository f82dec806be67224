import { describe, expect, it } from 'vitest'
import { featureCsv } from '../../src/app/features.ts'
import { parseFeatureCsv } from '../../src/cli/feature-csv.ts'
import { builtinNames, loadFeatureSet, loadMapping } from '../../src/cli/declarations.ts'
import { checkRefused, Rejects } from '../../src/cli/rejects.ts'
import { parseTime, parseTimes } from '../../src/cli/times.ts'
import { vectorOf } from '../../src/cli/commands/predict.ts'
import { zoneTable } from '../../src/adapters/system/zone.ts'
import { UTC } from '../../src/domain/base/zone.ts'

describe('times', () => {
  it.each([
    ['2025-03-31', 'UTC', '2025-03-31T00:00:00.000Z'],
    ['2025-03-31', 'Europe/Paris', '2025-03-30T22:00:00.000Z'],
    ['2025-03-30', 'Europe/Paris', '2025-03-29T23:00:00.000Z'],
    ['2024-02-29', 'UTC', '2024-02-29T00:00:00.000Z'],
    ['2025-03-31T09:31Z', 'Europe/Paris', '2025-03-31T09:31:00.000Z'],
    ['2025-03-31T09:31:05.5+02:00', 'UTC', '2025-03-31T07:31:05.500Z'],
  ])('%s in %s is %s', (text, zone, iso) => {
    expect(new Date(parseTime(text, zoneTable(zone))).toISOString()).toBe(iso)
  })

  it.each(['2025-02-29', '2025-13-01', '31/03/2025', '2025-03-31T09:31', '2025-03-31T25:00Z', '', 'now'])(
    '%j is refused',
    (text) => {
      expect(() => parseTime(text, UTC)).toThrow(`time ${text}: `)
    },
  )

  it('in a list come in order, each once', () => {
    const times = parseTimes('2025-03-01, 2025-02-01,2025-03-01', UTC)
    expect(times).toEqual([Date.UTC(2025, 1, 1), Date.UTC(2025, 2, 1)])
  })
})

describe('a table of features', () => {
  it('is read as it is written', () => {
    const asOf = Date.UTC(2025, 2, 31)
    const users = ['u-1', 'with,comma', 'with"quote', 'with\nline', 'é😀']
    const values = Float64Array.from({ length: 10 }, (_, i) => i / 3 - 1)
    const eventsPerUser = new Float64Array(5)
    const text = [
      ...featureCsv(['a', 'b'], [{ columns: ['a', 'b'], asOf, users, values, eventsPerUser }]),
    ].join('')
    const read = parseFeatureCsv(text, 'f.csv')
    expect(read.users).toEqual(users)
    expect(read.asOf).toEqual(['2025-03-31T00:00:00.000Z'])
    expect(read.table).toEqual({ columns: ['a', 'b'], values })
  })

  it('may come from another tool: BOM, CRLF, columns in any order, no user, no time', () => {
    const { users, asOf, table } = parseFeatureCsv('\uFEFFb,a\r\n2,1\r\n\r\n4,3\r\n', 'f.csv')
    expect({ users, asOf }).toEqual({ users: ['', ''], asOf: [] })
    expect(table).toEqual({ columns: ['b', 'a'], values: Float64Array.of(2, 1, 4, 3) })
  })

  it.each([
    ['', 'f.csv: empty'],
    ['user_id,as_of\nu,t', 'line 1 names no column'],
    ['a,b\n1,2\n3', 'line 3 has 1 fields, expected 2'],
    ['a,b\n"1"x,2', 'line 2: field 1'],
  ])('%j is refused with its line', (text, message) => {
    expect(() => parseFeatureCsv(text, 'f.csv')).toThrow(message)
  })

  it('keeps what is no number as such', () => {
    expect([...parseFeatureCsv('a,b\n,x', 'f.csv').table.values]).toEqual([Number.NaN, Number.NaN])
  })
})

describe('a vector', () => {
  const columns = ['a', 'b']
  it.each([
    ['[1,2]', [1, 2]],
    ['{"b":2,"a":1}', [1, 2]],
  ])('%s', (text, values) => {
    expect(vectorOf(text, columns)).toEqual(values)
  })
  it.each([
    ['nonsense', 'not JSON'],
    ['3', 'expected a JSON array or object'],
    ['[1,"2"]', 'b is no number'],
    ['{"a":1}', 'b is no number'],
    ['{"a":1,"b":2,"c":3}', '"c" is no feature'],
  ])('%s is refused', (text, message) => {
    expect(() => vectorOf(text, columns)).toThrow(message)
  })
})

describe('declarations', () => {
  it('that are built in are known by name, and all of them hold', () => {
    expect(builtinNames('feature-sets')).toContain('seed')
    for (const name of builtinNames('feature-sets')) expect(loadFeatureSet(name).name).toBe(name)
    expect(builtinNames('mappings')).toEqual(expect.arrayContaining(['rees46', 'segment']))
    for (const name of builtinNames('mappings')) expect(loadMapping(name).name).toBe(name)
  })

  it('that do not exist name those that do', () => {
    expect(() => loadFeatureSet('nosuch')).toThrow(/nosuch: not found; built in: .*seed/)
    expect(() => loadMapping('rees47')).toThrow('rees47: not found; built in: online-retail, rees46, segment')
    expect(() => loadMapping('./none.json')).toThrow(expect.objectContaining({ code: 'file-missing' }))
  })

  it('that are no JSON say so', () => {
    expect(() => loadFeatureSet('README.md')).toThrow('README.md: not JSON')
    expect(() => loadMapping('README.md')).toThrow(
      expect.objectContaining({
        code: 'mapping-invalid',
        message: expect.stringContaining('not JSON') as string,
      }),
    )
  })

  it('are read from files too; a file of another form is refused with the place', () => {
    expect(loadMapping('models/mappings/rees46.json')).toEqual(loadMapping('rees46'))
    expect(() => loadMapping('package.json')).toThrow(
      expect.objectContaining({
        code: 'mapping-invalid',
        message: expect.stringContaining('package.json: ') as string,
      }),
    )
  })
})

describe('what was not read', () => {
  it('is counted by reason, commonest first, with the first places', () => {
    const rejects = new Rejects((_, offset) => (offset < 10 ? offset + 1 : undefined))
    for (let offset = 0; offset < 5; offset++) {
      rejects.add({ topic: 'a.ndjson', offset, reason: 'bad-time', detail: 'no time' })
    }
    rejects.add({ topic: 'a.ndjson', offset: 12, reason: 'not-json', detail: 'no JSON' })
    for (let offset = 20; offset < 30; offset++) {
      rejects.add({ topic: 'a.ndjson', offset, reason: 'anonymous', detail: undefined })
    }
    expect(rejects.total).toBe(16)
    expect(rejects.refused).toBe(6)
    expect(Object.entries(rejects.byReason())).toEqual([
      ['anonymous', 10],
      ['bad-time', 5],
      ['not-json', 1],
    ])
    expect(rejects.lines()).toEqual([
      'anonymous: 10',
      'bad-time: 5',
      '  a.ndjson:1 no time',
      '  a.ndjson:2 no time',
      '  a.ndjson:3 no time',
      'not-json: 1',
      '  a.ndjson:record 12 no JSON',
    ])
  })

  it.each([
    [0, 0, false],
    [1, 20, false],
    [5, 100, false],
    [2, 39, true],
    [51, 1000, true],
  ])('%i of %i refused: too many is %s, at most 5 % may be', (refused, read, tooMany) => {
    const check = (): void => checkRefused({ refused, read }, 'lost.ndjson')
    if (!tooMany) return expect(check).not.toThrow()
    expect(check).toThrow(
      expect.objectContaining({
        exit: 3,
        message: expect.stringMatching(/^✗ .*more than 5 %; see lost\.ndjson$/) as string,
      }),
    )
  })
})
