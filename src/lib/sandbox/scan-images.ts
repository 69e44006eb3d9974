import type { SandboxParts } from './parts.js'
import { planScans } from './scan-plan.js'
import type { Entry, Scan } from './state.js'

/** The image that a digest stands for, under one of its names. */
export interface ScannedImage {
  readonly name: string
  readonly digest: string
  readonly sizeBytes: number
}

/**
 * Returns the scans of an image. The registry tells nobody about a push, so the first look at an image begins its scan;
 * a tag that is moved to another image is scanned anew.
 */
export function findImageScans(parts: SandboxParts, entry: Entry, image: ScannedImage): readonly Scan[] {
  return presentImageScans(entry, image) ?? beginImageScans(parts, entry, image)
}

/** Returns the scans of an image without beginning one; undefined when there are none. */
export function presentImageScans({ imageScans }: Entry, image: ScannedImage): readonly Scan[] | undefined {
  return imageScans.get(keyOf(image))
}

/** Has an image scanned, whether it was before or not. */
export function beginImageScans({ scanners }: SandboxParts, entry: Entry, image: ScannedImage): readonly Scan[] {
  const scans = planScans(scanners, { artefactKind: 'image', ...image })
  if (scans.length > 0) entry.imageScans.set(keyOf(image), scans)
  return scans
}

function keyOf({ name, digest }: ScannedImage): string {
  return `${name}@${digest}`
}
