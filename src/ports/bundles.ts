import type { Bundle } from '../domain/segments/bundle.ts'

/** Names, texts and colours beside a bundle, outside its hash: renaming moves nobody. */
export type Labels = Readonly<Record<string, SegmentLabel>>
export interface SegmentLabel {
  readonly name: Readonly<Record<string, string>>
  readonly description: Readonly<Record<string, string>>
  readonly colour: string
}

/** Trained bundles by reference. Every bundle handed out has been checked: schema, shapes, hash. */
export interface BundleStore {
  /** By folder, file or version; rejects with `bundle-invalid`, `bundle-hash` or `file-missing`. */
  load(ref: string): Promise<{ readonly bundle: Bundle; readonly labels: Labels }>
  save(bundle: Bundle, labels: Labels, dir: string): Promise<void>
}
