/**
 * Something that a step has created on a server: what a later run needs to find it again, and to remove it. `origin` is
 * the instance that it is on.
 */
export type Created = { readonly origin: string; readonly modelId: string } & (
  | {
      readonly type: 'model'
      readonly name: string
      /** The key of the dotenv file that its id was written to. */
      readonly envKey?: string
    }
  | { readonly type: 'file'; readonly fileId: string; readonly name: string; readonly sizeBytes: number }
  | {
      readonly type: 'release'
      readonly semver: string
      /** Of its content as it was made, by which a later change shows; see `fingerprintRelease`. */
      readonly fingerprint?: string
    }
  /** `name` is that of the repository within the model, `digest` the one that the tag names. */
  | { readonly type: 'image'; readonly name: string; readonly tag: string; readonly digest: string }
)

/** What tells one created thing from all others. */
export function createdKey(created: Created): string {
  const { type, origin, modelId } = created
  return JSON.stringify([type, origin, modelId, ...identityOf(created)])
}

function identityOf(created: Created): string[] {
  switch (created.type) {
    case 'model':
      return []
    case 'file':
      return [created.fileId]
    case 'release':
      return [created.semver]
    case 'image':
      return [created.name, created.tag]
  }
}

/** A created thing as people call it: `release 1.2.0 of my-model-ab12cd`. */
export function describeCreated(created: Created): string {
  const { modelId } = created
  switch (created.type) {
    case 'model':
      return `model ${modelId}`
    case 'file':
      return `file ${created.fileId} ${JSON.stringify(created.name)} of ${modelId}`
    case 'release':
      return `release ${created.semver} of ${modelId}`
    case 'image':
      return `image ${created.name}:${created.tag} of ${modelId}`
  }
}
