import { formatSize } from '../content/size.js'
import type { PushImageResult } from '../experiments/push-image.js'
import { describeSending, formatPlannedSteps, withVisibleControls } from './run-text.js'
import { countOf } from './text.js'

/** What `push-image` prints: the digest alone, for scripts; in a dry run what would be done. */
export function formatPushImage({ image, run }: PushImageResult): string {
  if (!run.isDryRun) return image.digest
  if (image.wasThere) return `${image.digest}\nNothing to do; a dry run changes nothing.`
  return formatPlannedSteps(run)
}

/** One sentence for people about what was pushed, without a full stop. */
export function describePushImage(rawResult: PushImageResult): string {
  const { image, target, run } = withVisibleControls(rawResult)
  const layerCount = image.images.reduce((count, { layerBytes }) => count + layerBytes.length, 0)
  const platforms = image.images.length > 1 ? ` for each of ${image.images.length} platforms` : ''
  const sentBytes = run.steps.reduce((total, { bytes }) => total + bytes, 0)
  return (
    `${image.name}:${image.tag} is in ${target.modelId} at ${target.url}: ${formatSize(image.sizeBytes)}${platforms} in ` +
    `${countOf(layerCount, 'layer')}, ${describeSending(sentBytes, run.transferMs)}`
  )
}
