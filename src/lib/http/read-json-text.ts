import { ExitCode, ExpectedError } from '../errors.js'
import type { Answer } from './connection.js'
import type { Operation } from './errors.js'
import { readUpTo } from './read-body.js'

/**
 * Longest JSON answer that is taken into memory, in bytes. Bailo has no pages, so that lists are as long as a model has
 * releases or files; this is room for about half a million of them.
 */
export const MAX_JSON_ANSWER_BYTES = 256 * 1024 * 1024

/**
 * Reads the text of a JSON answer. Where the answer says that it is short enough, and the parser of HTTP holds it to that
 * (RFC 9112, section 6.3), undici's own way to read all of it is taken: an iterator adds a fifth to the time of a small call.
 *
 * @throws ExpectedError when it is longer than {@link MAX_JSON_ANSWER_BYTES}; the rest of it is not read then
 */
export async function readJsonText(
  operation: Operation,
  { headers, body }: Pick<Answer, 'headers' | 'body'>,
  maxBytes = MAX_JSON_ANSWER_BYTES,
): Promise<string> {
  const lengthBytes = Number(headers.get('content-length') ?? NaN)
  if (lengthBytes <= maxBytes) return body.text()
  if (lengthBytes > maxBytes) {
    await body.dump({ limit: 0 })
    throw tooLong(operation, maxBytes)
  }
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
        'work in a smaller model: Bailo lists all of a model at once, and this list does not fit into memory; where the command takes --semver, that makes it shorter',
      ],
    },
  )
}
