import type { DeadLetter } from '../../src/domain/events/dead-letter.ts'
import type { CatalogEntry } from '../../src/domain/segments/catalog.ts'
import type { Membership, Transition } from '../../src/domain/segments/transition.ts'
import type { JournalLine, Page, Revision } from '../../src/ports/outlet.ts'
import type { Head, SealedProfile } from '../../src/ports/store.ts'

/** Plain values of the ports' types, told apart by one number. */

export const START_MS = Date.UTC(2025, 2, 1)

export function transition(n: number, over: Partial<Transition> = {}): Transition {
  return {
    id: `tr_${n.toString(16).padStart(32, '0')}`,
    userId: `u-${n}`,
    sequence: 2,
    from: 'loyal',
    fromName: 'Loyal buyers',
    to: 'at-risk',
    toName: null,
    fromSince: START_MS,
    timesInTo: 1,
    cause: 'behaviour',
    origin: 'live',
    occurredAt: START_MS + n,
    distanceFrom: 2.41,
    distanceTo: 1.66,
    margin: 0.31,
    holdoutBucket: 4711,
    holdout: false,
    promoteId: null,
    traits: null,
    bundleVersion: 'b'.repeat(64),
    triggerKind: 'product_viewed',
    triggerEventId: `e-${n}`,
    sourceTopic: 'clicks',
    sourcePartition: 0,
    sourceOffset: n,
    summary: 'Last order 61 days ago (was 12)',
    reasons: [
      {
        feature: 'recency',
        label: 'Last order',
        unit: 'day',
        before: 12,
        now: 61,
        pull: 0.52,
        text: 'last order 61 days ago (was 12)',
      },
    ],
    ...over,
  }
}

export function membership(
  userId: string,
  segment: string | null,
  over: Partial<Membership> = {},
): Membership {
  return {
    userId,
    segment,
    segmentName: null,
    since: START_MS,
    previous: null,
    previousName: null,
    sequence: 1,
    holdoutBucket: 4711,
    holdout: false,
    traits: null,
    bundleVersion: 'b'.repeat(64),
    origin: 'live',
    ...over,
  }
}

export function catalogEntry(segment: string, over: Partial<CatalogEntry> = {}): CatalogEntry {
  return {
    segment,
    nameEn: 'Loyal buyers',
    nameFr: null,
    descriptionEn: null,
    descriptionFr: null,
    actionEn: null,
    actionFr: null,
    colour: '#0072B2',
    share: 0.25,
    bornAt: START_MS,
    diedAt: null,
    bundleVersion: 'b'.repeat(64),
    parentVersion: null,
    promoteId: 'p-1',
    promotedAt: START_MS,
    ...over,
  }
}

export function deadLetter(offset: number, over: Partial<DeadLetter> = {}): DeadLetter {
  const value = new Uint8Array([0xff, 0x00, offset & 0xff])
  return {
    topic: 'clicks',
    partition: 0,
    offset,
    reason: 'not-json',
    detail: 'expected a JSON object',
    key: null,
    value,
    size: value.length,
    sha256: null,
    ...over,
  }
}

export function journalLine(rev: number, over: Partial<JournalLine> = {}): JournalLine {
  return {
    rev,
    positions: { clicks: rev * 10 },
    digests: { clicks: `d${rev}` },
    moves: [],
    chain: `chain-${rev}`,
    ...over,
  }
}

export function revision(rev: number, over: Partial<Revision> = {}): Revision {
  return { line: journalLine(rev), transitions: [], memberships: [], deadLetters: [], catalog: [], ...over }
}

/** A revision that causes `moves` moves, each with its membership; one dead letter and one segment of the catalog if its number is odd. */
export function busyRevision(rev: number, moves: number): Revision {
  const ids = Array.from({ length: moves }, (_, i) => rev * 1000 + i)
  return revision(rev, {
    line: journalLine(rev, { moves: ids.map((n) => [`u-${n}`, 2, 'loyal', 'at-risk'] as const) }),
    transitions: ids.map((n) => transition(n)),
    memberships: ids.map((n) => membership(`u-${n}`, 'at-risk', { previous: 'loyal', sequence: 2 })),
    deadLetters: rev % 2 === 1 ? [deadLetter(rev)] : [],
    catalog: rev % 2 === 1 ? [catalogEntry(`loyal-${rev}`)] : [],
  })
}

export const page = (...revisions: Revision[]): Page => ({ revisions })

export function head(rev: number, over: Partial<Head> = {}): Head {
  return {
    rev,
    chain: `chain-${rev}`,
    positions: { clicks: rev * 10 },
    digests: { clicks: `d${rev}` },
    clock: START_MS + rev,
    recipe: 'r1',
    genesis: { app: 'test', formats: { profile: 1 }, startedAt: START_MS, liveFrom: 0 },
    deployments: [],
    segments: ['', 'loyal', 'at-risk'],
    labels: {},
    held: false,
    releasedAt: 0,
    counts: { records: rev, events: rev, skipped: {}, refused: {}, moves: 0, suppressed: {}, members: {} },
    ...over,
  }
}

export function profile(user: string, due: number, ...bytes: number[]): SealedProfile {
  return { user, due, bytes: Uint8Array.from(bytes.length === 0 ? [1, 2, 3] : bytes) }
}
