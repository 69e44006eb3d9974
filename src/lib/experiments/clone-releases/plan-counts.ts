import type { ClonePlan } from './plan.js'

/** The extent of a plan. */
export interface PlannedCounts {
  readonly releases: number
  readonly skippedReleases: number
  readonly files: number
  readonly reusedFiles: number
  readonly images: number
  /** Distinct layers to push. */
  readonly layers: number
  /** Layers that are made available in a further repository instead of being pushed again. */
  readonly mounts: number
  readonly bytes: number
}

/** Counts what a plan makes, uses again and skips. */
export function countPlan(plan: ClonePlan): PlannedCounts {
  const needed = plan.images.flatMap(({ name, skeleton }) =>
    skeleton.images.flatMap(({ layers }) => layers.map((layer) => ({ place: `${name}@${layer.digest}`, layer }))),
  )
  const places = new Set(needed.map(({ place }) => place))
  const layers = [...new Map(needed.map(({ layer }) => [layer.digest, layer])).values()]
  return {
    releases: plan.releases.length,
    skippedReleases: plan.skipped.length,
    files: plan.uploads.length,
    reusedFiles: plan.reused.size,
    images: plan.images.length,
    layers: layers.length,
    mounts: places.size - layers.length,
    bytes: sum(plan.uploads.map((file) => file.sizeBytes)) + sum(layers.map((layer) => layer.sizeBytes)),
  }
}

/** The number of steps that carry the plan out. */
export function countSteps({ releases, files, images, layers, mounts }: PlannedCounts): number {
  return releases + files + images + layers + mounts
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
