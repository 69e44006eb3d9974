import { ExitCode, ExpectedError } from '../errors.js'
import type { Operation } from './errors.js'
import { readUpTo } from './read-body.js'

/**
 * Longest JSON answer that is taken into memory, in bytes. Bailo has no pages, so that lists are as long as a model has
 * releases or files; this is room for about half a million of them.
 */
export const MAX_JSON_ANSWER_BYTES = 256 * 1024 * 1024

/**
 * Reads the text of a JSON answer.
 *
 * @throws ExpectedError when it is longer than {@link MAX_JSON_ANSWER_BYTES}; the rest of it is not read then
 */
export async function readJsonText(
  operation: Operation,
  body: AsyncIterable<Uint8Array>,
  maxBytes = MAX_JSON_ANSWER_BYTES,
): Promise<string> {
  const { bytes, isWhole } = await readUpTo(body, maxBytes)
  if (isWhole) return new TextDecoder().decode(bytes)
  throw tooLong(operation, maxBytes)
}

/** The error for an answer that was not read to its end. */
export function tooLong(operation: Operation, maxBytes: number): ExpectedError {
  return new ExpectedError(
    `${operation.method} ${operation.path}: the answer is longer than ${maxBytes / 1024 / 1024} MiB, and was not read.`,
    {
      exitCode: ExitCode.Unreachable,
      tryNext: [
        'check that URL is the origin of a Bailo instance',
        'work in a smaller model: Bailo lists all of a model at once, and this list does not fit into memory',
      ],
    },
  )
}
