import type { Bundle } from '../domain/segments/bundle.ts'
import type { Labels } from '../domain/segments/labels.ts'

export interface BundleEntry {
  /** Of its folder below the root. */
  readonly name: string
  readonly bundle: Bundle
  /** That stand for its version, in order. */
  readonly aliases: readonly string[]
}

/** Trained bundles by reference. Every bundle handed out has been checked: schema, shapes, hash. */
export interface BundleStore {
  /** By folder, file, name, alias or version; `dir` is where it lies. Rejects with `bundle-invalid`, `bundle-hash` or `file-missing`. */
  load(ref: string): Promise<{ readonly bundle: Bundle; readonly labels: Labels; readonly dir: string }>
  /** Whole: a folder with a bundle in it has its labels and card too. */
  save(bundle: Bundle, labels: Labels, dir: string): Promise<void>
  /** All below the root, by name. */
  list(): Promise<BundleEntry[]>
  /** Lets a name stand for a version; null takes it away. Rejects with `usage` where a bundle has that name. */
  alias(name: string, version: string | null): Promise<void>
}
