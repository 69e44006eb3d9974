import { createHash, randomInt } from 'node:crypto'

/** Without letters and digits that are taken for one another. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz'
const LENGTH = 8

const PATTERN = new RegExp(`^[${ALPHABET}]{${LENGTH}}$`)

/**
 * Returns the id of a new run: eight characters that survive everywhere, also in the id that Bailo makes from a model's
 * name.
 */
export function createRunId(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}

/** Returns the id that follows from a text, which is the same wherever it is asked for. */
export function deriveRunId(text: string): string {
  const digest = createHash('sha256').update(text).digest()
  return Array.from(digest.subarray(0, LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join('')
}

/** Whether a text could be a run's id; such a one is a file name everywhere. */
export function isRunId(text: string): boolean {
  return PATTERN.test(text)
}
