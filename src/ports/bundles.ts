import type { Bundle } from '../domain/segments/bundle.ts'
import type { Labels } from '../domain/segments/labels.ts'

/** Trained bundles by reference. Every bundle handed out has been checked: schema, shapes, hash. */
export interface BundleStore {
  /** By folder, file or version; rejects with `bundle-invalid`, `bundle-hash` or `file-missing`. */
  load(ref: string): Promise<{ readonly bundle: Bundle; readonly labels: Labels }>
  save(bundle: Bundle, labels: Labels, dir: string): Promise<void>
}
