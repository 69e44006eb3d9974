import type { Sample } from './samples.js'
import { basic, type Stage } from './stage.js'

/** Whose keys are used, where it is not the token that may do everything: the exchange that made the token. */
const KEYS_OF: Readonly<Record<string, string>> = {
  model_get_no_action: 'token_create_noactions',
  model_scoped_token_ok: 'scoped',
  model_scoped_token_other_model: 'scoped',
  file_simple_readonly: 'token_create_readonly',
  release_readonly_token: 'token_create_readonly',
}

/** Headers that nobody's keys make. */
const HEADERS: Readonly<Record<string, string>> = {
  auth_bearer: 'Bearer something',
  auth_basic_garbage: 'Basic garbage',
  auth_basic_empty: 'Basic',
  registry_auth_unknown_key: basic({ accessKey: 'BAC_00000000', secretKey: 'unknown' }),
}

/** What a registry token permits, where it is not to pull and push. */
const ACTIONS: Readonly<Record<string, string>> = {
  oci_push_with_pull_token: 'pull',
  oci_delete_tag: 'delete',
}

/** Returns the header with which the exchange is played; undefined when it had none. */
export async function authorise(stage: Stage, { name, request }: Sample): Promise<string | undefined> {
  if (request.auth === undefined) return undefined
  if (HEADERS[name] !== undefined) return HEADERS[name]
  if (request.auth === 'Basic') {
    const keys = stage.keys.get(KEYS_OF[name] ?? 'token_create_all')
    if (keys === undefined) throw new RangeError(`The token of ${name} was not created`)
    return basic(keys)
  }
  // Which repository makes no difference to the catalogue.
  const { path } = name === 'oci_catalog_denied' ? stage.sample('oci_tags').request : request
  const repository = /^\/v2\/(.+)\/(?:blobs|manifests|tags)\//.exec(stage.bindings.translate(path))?.[1]
  return stage.bearer(`repository:${repository}:${ACTIONS[name] ?? 'pull,push'}`)
}
