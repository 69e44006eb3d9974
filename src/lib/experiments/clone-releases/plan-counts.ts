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
  readonly bytes: number
}

/** Counts what a plan makes, uses again and skips. */
export function countPlan(plan: ClonePlan): PlannedCounts {
  const layers = distinctLayers(plan)
  return {
    releases: plan.releases.length,
    skippedReleases: plan.skipped.length,
    files: plan.uploads.length,
    reusedFiles: plan.reused.size,
    images: plan.images.length,
    layers: layers.length,
    bytes: sum(plan.uploads.map((file) => file.sizeBytes)) + sum(layers.map((layer) => layer.sizeBytes)),
  }
}

/** The number of steps that carry the plan out. */
export function countSteps({ releases, files, images, layers }: PlannedCounts): number {
  return releases + files + images + layers
}

function distinctLayers(plan: ClonePlan) {
  const layers = plan.images.flatMap(({ skeleton }) => skeleton.images.flatMap((image) => image.layers))
  return [...new Map(layers.map((layer) => [layer.digest, layer])).values()]
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
