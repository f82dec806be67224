import { EVENT_KINDS } from '../events/event.ts'
import { assert } from '../../errors.ts'
import type { Label } from './label.ts'
import type { CellState, Lane, LaneRead, ScalarState, Selection, SetState } from './states.ts'
import type { Want } from './want.ts'
import type { Predicate } from './where.ts'
import type { HopSize } from './window.ts'

const HOP_ORDER: readonly HopSize[] = ['5m', '1h', '1d']

/** The states that all wants of a set need, each once, in the order of their keys. */
export interface States {
  readonly predicates: readonly Predicate[]
  readonly scalars: readonly ScalarState[]
  readonly lanes: readonly Lane[]
  readonly sets: readonly SetState[]
}

export function collectStates(wants: readonly Want[]): States {
  const wheres = [...new Set(wants.map((w) => w.where))].filter((w) => w !== '').sort()
  const sorted = wants.toSorted((a, b) => compareText(a.key, b.key))
  const selection = (w: Want): Selection => ({ kinds: w.kinds, predicate: wheres.indexOf(w.where) })
  const scalars = firstOfEach(sorted.filter((w) => w.rule !== 'distinct' && w.window === null))
  return {
    predicates: wheres.map((text) => JSON.parse(text) as Predicate),
    scalars: scalars.map((w) => {
      const { key, rule, measure, gross } = w
      assert(rule !== 'distinct' && rule !== 'any' && rule !== 'slots', 'days and half-hours have windows')
      return { key, ...selection(w), rule, measure, gross }
    }),
    lanes: HOP_ORDER.flatMap((hop) => lanesOf(hop, sorted, selection)),
    sets: setsOf(
      sorted.filter((w) => w.rule === 'distinct'),
      selection,
    ),
  }
}

/** One lane for all that the same kinds of events feed: it then has buckets where these happened, and only as long as it needs. */
function lanesOf(hop: HopSize, sorted: readonly Want[], selection: (w: Want) => Selection): Lane[] {
  const wants = sorted.filter((w) => w.rule !== 'distinct' && w.window?.hop === hop)
  const kinds = [...new Set(wants.map((w) => w.kinds.join(' ')))].sort(compareText)
  return kinds.map((own) =>
    laneOf(
      hop,
      wants.filter((w) => w.kinds.join(' ') === own),
      selection,
    ),
  )
}

function laneOf(hop: HopSize, wants: readonly Want[], selection: (w: Want) => Selection): Lane {
  const firsts = firstOfEach(wants)
  const cells = firsts.map((w): CellState => {
    const { key, rule, measure, gross } = w
    assert(rule !== 'distinct' && rule !== 'latest' && rule !== 'earliest', 'ages have no windows')
    const hops = Math.max(...wants.filter((other) => other.key === key).map(hopsOf))
    return { key, ...selection(w), rule, measure, gross, hops }
  })
  const reads: LaneRead[] = []
  for (const w of wants) {
    const read = readOf(w, cells)
    if (!reads.some((r) => sameRead(r, read))) reads.push(read)
  }
  reads.sort((a, b) => a.hops - b.hops || a.cell - b.cell || a.halfLifeDays - b.halfLifeDays)
  return { hop, cells, reads }
}

/** What a want reads of a lane's cells. */
export function readOf(w: Want, cells: readonly { readonly key: string }[]): LaneRead {
  return { cell: placeOf(cells, w.key), hops: hopsOf(w), halfLifeDays: w.halfLifeDays }
}

export function sameRead(a: LaneRead, b: LaneRead): boolean {
  return a.cell === b.cell && a.hops === b.hops && a.halfLifeDays === b.halfLifeDays
}

function setsOf(wants: readonly Want[], selection: (w: Want) => Selection): SetState[] {
  return firstOfEach(wants).map((w) => {
    const sharing = wants.filter((other) => other.key === w.key)
    const reads = [...new Set(sharing.map(hopsOf))].sort((a, b) => a - b)
    return {
      key: w.key,
      ...selection(w),
      label: w.label as Label,
      hop: w.window?.hop ?? null,
      hops: Math.max(...reads),
      keep: Math.max(...sharing.map((other) => other.keep)),
      reads,
    }
  })
}

/** Length of the window in hops; Infinity: a lifetime. */
export function hopsOf(w: Want): number {
  return w.window?.hops ?? Number.POSITIVE_INFINITY
}

export function placeOf(states: readonly { readonly key: string }[], key: string): number {
  return states.findIndex((s) => s.key === key)
}

/** Predicates that decide about the events of each kind, by the kind's index in EVENT_KINDS; each once. */
export function predicatesByKind(s: States): number[][] {
  const states = [...s.scalars, ...s.lanes.flatMap((lane) => lane.cells), ...s.sets]
  return EVENT_KINDS.map((_, kind) => {
    const asked = states.filter((x) => x.predicate >= 0 && x.kinds.includes(kind)).map((x) => x.predicate)
    return [...new Set(asked)]
  })
}

function firstOfEach(sorted: readonly Want[]): Want[] {
  return sorted.filter((w, i) => i === 0 || sorted[i - 1]?.key !== w.key)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
