import { compileNearest } from '../model/nearest.ts'
import { compileProjector, type ProjectionParams } from '../model/projector.ts'
import type { Feature, FeatureSet } from '../features/feature-set.ts'
import type { Bundle } from './bundle.ts'

/**
 * A bundle compiled for deciding: raw vector → nearest centroid. `distances2` and `z` belong to the assigner and are
 * overwritten by the next `assign`; nothing is allocated per call. Every raw value must be finite.
 */
export interface Assigner {
  /** Features, components, centroids. */
  readonly F: number
  readonly C: number
  readonly K: number
  /** Index of the nearest centroid of a raw vector (F); ties go to the lowest index. */
  readonly assign: (raw: Float64Array) => number
  /** K squared distances of the last `assign`. */
  readonly distances2: Float64Array
  /** Projection (C) of the last `assign`. */
  readonly z: Float64Array
  /** raw (F) → out (C), leaving `z` and `distances2` alone. */
  readonly project: (raw: Float64Array, out: Float64Array) => void
}

/** The features that are columns of the vector, in its order. */
export function columnsOf(featureSet: FeatureSet): Feature[] {
  return featureSet.features.filter((f) => f.column !== false)
}

/** The chain of a bundle before the centroids. */
export function projectionOf(bundle: Pick<Bundle, 'featureSet' | 'scaler' | 'pca'>): ProjectionParams {
  const columns = columnsOf(bundle.featureSet)
  return {
    transforms: columns.map((f) => f.transform ?? 'none'),
    caps: columns.map((f) => f.cap ?? Number.POSITIVE_INFINITY),
    scaler: bundle.scaler,
    pca: bundle.pca,
  }
}

/** The bundle must have passed the schema and `bundleShapeErrors`. */
export function compileAssigner(bundle: Bundle): Assigner {
  const { F, C, project } = compileProjector(projectionOf(bundle))
  const { K, distances2, find } = compileNearest(bundle.centroids)
  const z = new Float64Array(C)
  const assign = (raw: Float64Array): number => {
    project(raw, z)
    return find(z)
  }
  return { F, C, K, assign, distances2, z, project }
}
