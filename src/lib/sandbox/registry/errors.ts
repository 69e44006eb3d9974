/** Codes of the OCI distribution specification ("Error Codes") and of the distribution registry, with its statuses and words. */
const ERRORS = {
  BLOB_UNKNOWN: { status: 404, message: 'blob unknown to registry' },
  BLOB_UPLOAD_INVALID: { status: 404, message: 'blob upload invalid' },
  BLOB_UPLOAD_UNKNOWN: { status: 404, message: 'blob upload unknown to registry' },
  DENIED: { status: 403, message: 'requested access to the resource is denied' },
  DIGEST_INVALID: { status: 400, message: 'provided digest did not match uploaded content' },
  MANIFEST_BLOB_UNKNOWN: { status: 400, message: 'blob unknown to registry' },
  MANIFEST_INVALID: { status: 400, message: 'manifest invalid' },
  MANIFEST_UNKNOWN: { status: 404, message: 'manifest unknown' },
  NAME_INVALID: { status: 400, message: 'invalid repository name' },
  NAME_UNKNOWN: { status: 404, message: 'repository name not known to registry' },
  PAGINATION_NUMBER_INVALID: { status: 400, message: 'invalid number of results requested' },
  RANGE_INVALID: { status: 416, message: 'invalid content range' },
  SIZE_INVALID: { status: 400, message: 'provided length did not match content length' },
  UNAUTHORIZED: { status: 401, message: 'authentication required' },
  UNKNOWN: { status: 500, message: 'unknown error' },
  UNSUPPORTED: { status: 405, message: 'The operation is unsupported.' },
} as const

export type RegistryErrorCode = keyof typeof ERRORS

interface ErrorEntry {
  readonly code: RegistryErrorCode
  readonly message: string
  readonly detail?: unknown
}

/** A refusal in OCI form: `{"errors": [{"code", "message", "detail"}]}`. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: { readonly errors: readonly ErrorEntry[] }

  constructor(
    code: RegistryErrorCode,
    options: { message?: string; details?: readonly unknown[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    const message = options.message ?? ERRORS[code].message
    super(message)
    this.status = ERRORS[code].status
    this.headers = options.headers ?? {}
    this.body = { errors: (options.details ?? [undefined]).map((detail) => ({ code, message, detail })) }
  }
}
