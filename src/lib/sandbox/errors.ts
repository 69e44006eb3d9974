/** Machine-readable details of a refusal, part of the answer. */
export type ErrorContext = Readonly<Record<string, unknown>>

/** A refusal in Bailo's own form. Thrown by a route, answered as `{"error": {"name", "message", "context"}}`. */
export class BailoError extends Error {
  override readonly name = 'Bailo Error'

  constructor(
    readonly status: number,
    message: string,
    readonly context?: ErrorContext,
  ) {
    super(message)
  }
}

/** The server fell over, and says no more than that. Observed for malformed ids and JSON, among others. */
export class UnknownServerError extends Error {
  override readonly name = 'Internal Server Error'
  readonly status = 500

  constructor() {
    super('Unknown error - Please contact Bailo support')
  }
}

export function badRequest(message: string, context?: ErrorContext): BailoError {
  return new BailoError(400, message, context)
}

export function forbidden(message: string, context: ErrorContext): BailoError {
  return new BailoError(403, message, context)
}

export function notFound(message: string, context: ErrorContext): BailoError {
  return new BailoError(404, message, context)
}

/** Returns the JSON body of an error answer; a missing context is left out. */
export function describeError(error: BailoError | UnknownServerError): object {
  const context = error instanceof BailoError ? error.context : undefined
  return { error: { name: error.name, message: error.message, context } }
}
