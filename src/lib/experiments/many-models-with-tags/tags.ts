import { UsageError } from '../../errors.js'
import { showServerText } from '../../http/server-text.js'

/** An address with a longer one may not get through the proxy in front of Bailo, so that it cannot be searched. */
const MAX_ENCODED_CHARACTERS = 2000

/**
 * Checks the tags that are to be drawn from, and returns them in lower case, as the server keeps them.
 *
 * @throws UsageError for none at all, an empty one, one that no search could find, and two that differ in case only
 */
export function checkTags(tags: readonly string[]): readonly string[] {
  const trimmed = tags.map((tag) => tag.trim())
  if (trimmed.every((tag) => tag === '')) {
    throw new UsageError('--tags names no tag.', [
      'give one or more, with commas between them: --tags foo-bar,hello-world',
    ])
  }
  const seen = new Map<string, string>()
  for (const tag of trimmed) {
    const shown = JSON.stringify(showServerText(tag))
    if (tag === '') {
      throw new UsageError('--tags has a comma too many: one of the tags is empty.', [
        'write them as --tags foo-bar,hello-world; a tag cannot have a comma in it',
      ])
    }
    if (!/[\p{L}\p{N}]/u.test(tag)) {
      throw new UsageError(`The tag ${shown} has neither a letter nor a digit, and no search by text could find it.`, [
        'choose another one',
      ])
    }
    if (encodeURIComponent(tag).length > MAX_ENCODED_CHARACTERS) {
      throw new UsageError(
        `The tag ${shown} is too long: in an address, which is where a search has it, it has more than ${MAX_ENCODED_CHARACTERS} characters.`,
        ['choose a shorter one; long-names is the experiment for long texts'],
      )
    }
    const other = seen.get(tag.toLowerCase())
    if (other !== undefined) {
      const differs =
        other === tag ? 'is named twice' : `and ${JSON.stringify(showServerText(other))} differ in case only`
      throw new UsageError(`The tag ${shown} ${differs}, and Bailo refuses a model that has both.`, [
        'name each tag once',
      ])
    }
    seen.set(tag.toLowerCase(), tag)
  }
  return [...seen.keys()]
}
