/** Names that a call sends in one place, its query or its JSON body. */
export interface NamesSent {
  readonly names: readonly string[]
  /** False when the call may send further names, which its source does not show; then none can be called missing. */
  readonly isComplete: boolean
}

/** Where something was found; lines and columns count from 1. */
export interface SourceLocation {
  readonly file: string
  readonly line: number
  readonly column: number
  /** `Class.method` or `function`, in a contract the `operationId`; empty outside of one. */
  readonly function: string
}

/** One request that a client makes, as its source or a recording of it shows. */
export interface ClientCall {
  /** In upper case; `?` when it cannot be told, and then there is no path either. */
  readonly method: string
  /**
   * Path from the origin on, without query, each variable segment or part of one in braces:
   * `/api/v2/model/{model_id}/release/{semver}`. Undefined when it cannot be told.
   */
  readonly path: string | undefined
  /** Why there is no path. */
  readonly unresolvedReason?: string
  readonly query: NamesSent
  /** Undefined when no JSON body is sent. */
  readonly body: NamesSent | undefined
  readonly location: SourceLocation
  /** True when the client knows that no specification has the operation, although it is served (`x-undocumented`). */
  readonly isUndocumented?: boolean
}

/** A place that could not be read, such as a syntax error; the rest of the file was. */
export interface UnreadablePlace {
  readonly location: SourceLocation
  readonly message: string
}

/** What is known of one client. */
export interface ClientUse {
  readonly calls: readonly ClientCall[]
  readonly unreadable: readonly UnreadablePlace[]
}
