/**
 * Something that a step has created on a server: what a later run needs to find it again, and to remove it. `origin` is
 * the instance that it is on.
 */
export type Created = { readonly origin: string; readonly modelId: string } & (
  | { readonly type: 'model'; readonly name: string }
  | { readonly type: 'file'; readonly fileId: string; readonly name: string; readonly sizeBytes: number }
  | { readonly type: 'release'; readonly semver: string }
  /** `name` is that of the repository within the model, `digest` the one that the tag names. */
  | { readonly type: 'image'; readonly name: string; readonly tag: string; readonly digest: string }
)
