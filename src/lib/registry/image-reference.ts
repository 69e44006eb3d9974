import { UsageError } from '../errors.js'

/** An image within a model: its repository is `<modelId>/<name>`. */
export interface ImageName {
  readonly name: string
  readonly tag: string
}

export const DEFAULT_TAG = 'latest'

/** OCI distribution specification, "Pulling manifests", `<name>`. */
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
/** The same, `<reference>` as a tag. */
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/
/** The distribution registry refuses longer names of repositories, with the id of the model in front. */
const MAX_REPOSITORY_CHARACTERS = 255

/**
 * Reads an image's name as people write it: `name` or `group/name:tag`. Without a tag it is `latest`.
 *
 * @throws UsageError that says which rule of registries the name or the tag breaks
 */
export function parseImageName(text: string): ImageName {
  if (text.includes('@'))
    throw refuse(text, 'has a digest, which only follows from the content', 'leave out what follows the @')
  const colon = text.lastIndexOf(':')
  const hasTag = colon > text.lastIndexOf('/')
  const image = { name: hasTag ? text.slice(0, colon) : text, tag: hasTag ? text.slice(colon + 1) : DEFAULT_TAG }
  checkName(text, image.name, hasTag && TAG.test(image.tag) ? `:${image.tag}` : '')
  if (!TAG.test(image.tag)) {
    const rule = 'a tag has 1 to 128 letters, digits, dots, dashes and underscores, and begins with none of . and -'
    throw refuse(text, `has no usable tag: ${rule}`, 'for example server:1.0.0')
  }
  return image
}

/**
 * The repository of an image in a model.
 *
 * @throws UsageError when it is longer than registries take
 */
export function repositoryOf(modelId: string, { name, tag }: ImageName): string {
  const repository = `${modelId}/${name}`
  if (repository.length <= MAX_REPOSITORY_CHARACTERS) return repository
  throw refuse(
    `${name}:${tag}`,
    `is too long: with the id of the model it has ${repository.length} characters, and registries take ${MAX_REPOSITORY_CHARACTERS}`,
    'a shorter name',
  )
}

/** @param ending what the suggested name goes on with */
function checkName(text: string, name: string, ending: string): void {
  if (name.split('/').every((component) => COMPONENT.test(component))) return
  const problem = /[A-Z]/.test(name)
    ? 'has capitals: registries take names in lower case only'
    : 'is not a name that registries take: lower-case letters and digits, with . _ __ or - between them, and / between parts'
  throw refuse(text, problem, `for example ${suggestName(name)}${ending}`)
}

/** A name of the same kind that registries take. */
function suggestName(name: string): string {
  const components = name.toLowerCase().split('/')
  const usable = components.map((component) => component.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, ''))
  return usable.filter((component) => component !== '').join('/') || 'server'
}

function refuse(text: string, problem: string, tryNext: string): UsageError {
  return new UsageError(`The image ${JSON.stringify(text.slice(0, 300))} ${problem}.`, [tryNext])
}
