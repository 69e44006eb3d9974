/** Why something of the source cannot be copied exactly. */
export interface Problem {
  readonly code:
    | 'body-too-large'
    | 'deleted-semver'
    | 'duplicate-file-name'
    | 'duplicate-semver'
    | 'empty-notes'
    | 'existing-image-differs'
    | 'existing-release-differs'
    | 'file-without-size'
    | 'images-not-possible'
    | 'invalid-semver'
    | 'unreadable-image'
  /** What it is about, such as `release 2.0.0-a-b`. */
  readonly subject: string
  readonly message: string
  readonly tryNext: string
}
