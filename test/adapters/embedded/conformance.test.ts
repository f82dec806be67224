import { outletConformance } from '../../conformance/outlet.ts'
import { readerConformance } from '../../conformance/reader.ts'
import { storeConformance } from '../../conformance/store.ts'
import { embeddedOutletHarness, embeddedStoreHarness } from '../../support/run-folder.ts'

outletConformance('run folder', embeddedOutletHarness)
storeConformance('run folder', embeddedStoreHarness)
readerConformance('run folder', embeddedStoreHarness)
