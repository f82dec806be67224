import { MemoryLog, MemoryOutlet } from '../support/memory-outlet.ts'
import { MemoryReader, MemoryState, MemoryStore } from '../support/memory-store.ts'
import { outletConformance, type OutletHarness } from './outlet.ts'
import { readerConformance } from './reader.ts'
import { storeConformance, type StoreHarness } from './store.ts'

async function memoryOutlet(): Promise<OutletHarness> {
  const log = new MemoryLog()
  return {
    outlet: () => new MemoryOutlet(log),
    seen: async () => ({
      transitions: log.published(0).flatMap((r) => r.transitions.map((t) => t.id)),
      memberships: log.published(0).flatMap((r) => r.memberships.map((m) => m.userId)),
      deadLetters: log.published(0).flatMap((r) => r.deadLetters.map((d) => d.offset)),
      segments: log.published(0).flatMap((r) => r.catalog.map((e) => e.segment)),
    }),
    close: async () => {},
  }
}

async function memoryStore(): Promise<StoreHarness> {
  const state = new MemoryState()
  return {
    store: () => new MemoryStore(state),
    reader: () => new MemoryReader(state),
    fence: async () => ({ task: 0 }),
    lose: async (user) => void state.of(0).profiles.delete(user),
    loseHead: async () => {
      state.of(0).head = undefined
    },
    close: async () => {},
  }
}

outletConformance('memory', memoryOutlet)
storeConformance('memory', memoryStore)
readerConformance('memory', memoryStore)
