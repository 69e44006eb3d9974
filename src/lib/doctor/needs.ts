/** What a command needs of an instance besides an answer. */
export interface Needs {
  /** Actions that its token must allow (observed, and from Bailo's source). */
  readonly actions: readonly string[]
  readonly usesRegistry: boolean
  /** Whether it makes a model when none is named, which takes an active schema and a token for all models. */
  readonly makesModels: boolean
  readonly usesScanners: boolean
}

const MODEL = ['model:read', 'model:write']
/** Bailo looks the images of a release up, also when there are none (from Bailo's source). */
const RELEASE = ['release:read', 'release:write', 'image:read']
const FILE = ['file:read', 'file:write']
const IMAGE = ['image:read', 'image:write']

function needs(actions: readonly string[], more: Partial<Omit<Needs, 'actions'>> = {}): Needs {
  return { actions: [...new Set(actions)], usesRegistry: false, makesModels: true, usesScanners: false, ...more }
}

/** Of each command that works on an instance. */
export const COMMAND_NEEDS = {
  'clone-releases': needs([...MODEL, ...RELEASE, ...FILE, ...IMAGE], { usesRegistry: true }),
  'concurrent-file-uploads': needs([...MODEL, ...FILE]),
  'long-names': needs([...MODEL, ...RELEASE, ...FILE]),
  'many-models-with-tags': needs(MODEL),
  'many-releases-with-existing-images': needs([...MODEL, ...RELEASE, ...IMAGE], { usesRegistry: true }),
  'many-releases-with-files': needs([...MODEL, ...RELEASE, ...FILE]),
  'model-card-revisions': needs(MODEL),
  'purge-files-without-release': needs(['model:read', 'release:read', 'release:write', ...FILE], {
    makesModels: false,
  }),
  'push-image': needs([...MODEL, ...IMAGE], { usesRegistry: true }),
  scanners: needs([...MODEL, ...RELEASE, ...FILE], { usesScanners: true }),
  'several-releases-with-files': needs([...MODEL, ...RELEASE, ...FILE]),
} as const satisfies Record<string, Needs>

export type CheckedCommand = keyof typeof COMMAND_NEEDS

export const CHECKED_COMMANDS = Object.keys(COMMAND_NEEDS) as CheckedCommand[]

/** What several commands need together. */
export function joinNeeds(commands: readonly CheckedCommand[]): Needs {
  const all: readonly Needs[] = commands.map((command) => COMMAND_NEEDS[command])
  return {
    actions: [...new Set(all.flatMap(({ actions }) => actions))],
    usesRegistry: all.some(({ usesRegistry }) => usesRegistry),
    makesModels: all.some(({ makesModels }) => makesModels),
    usesScanners: all.some(({ usesScanners }) => usesScanners),
  }
}
