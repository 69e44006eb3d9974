/** What a command needs of an instance besides an answer. */
export interface Needs {
  /** Actions that its token must allow (observed, and from Bailo's source). */
  readonly actions: readonly string[]
  readonly usesRegistry: boolean
  /** Whether it pushes images to the registry itself; what only deletes them asks Bailo to. */
  readonly pushesImages: boolean
  /** Whether it makes a model when none is named, which takes an active schema and a token for all models. */
  readonly makesModels: boolean
  readonly usesScanners: boolean
  /** Whether it works in one model: then that of `doctor --model` is meant. */
  readonly isInOneModel: boolean
  /** Whether it takes rights that few tokens have: then they are asked about only for the sake of this command. */
  readonly isSpecial: boolean
}

const MODEL = ['model:read', 'model:write']
/** Bailo looks the images of a release up, also when there are none (from Bailo's source). */
const RELEASE = ['release:read', 'release:write', 'image:read']
const FILE = ['file:read', 'file:write']
const IMAGE = ['image:read', 'image:write']
const PUSHES = { usesRegistry: true, pushesImages: true }

function needs(actions: readonly string[], more: Partial<Omit<Needs, 'actions'>> = {}): Needs {
  return {
    actions: [...new Set(actions)],
    usesRegistry: false,
    pushesImages: false,
    makesModels: true,
    usesScanners: false,
    isInOneModel: true,
    isSpecial: false,
    ...more,
  }
}

/** Of each command that works on an instance. */
export const COMMAND_NEEDS = {
  cleanup: needs([...MODEL, ...RELEASE, ...FILE, ...IMAGE], {
    usesRegistry: true,
    makesModels: false,
    isInOneModel: false,
  }),
  'clone-releases': needs([...MODEL, ...RELEASE, ...FILE, ...IMAGE], PUSHES),
  'concurrent-file-uploads': needs([...MODEL, ...FILE]),
  'long-names': needs([...MODEL, ...RELEASE, ...FILE]),
  'many-models-with-tags': needs(MODEL, { isInOneModel: false }),
  'many-releases-with-existing-images': needs([...MODEL, ...RELEASE, ...IMAGE], PUSHES),
  'many-releases-with-files': needs([...MODEL, ...RELEASE, ...FILE]),
  'mirror-check': needs(['model:read', 'release:read', 'file:read', 'image:read'], {
    usesRegistry: true,
    makesModels: false,
  }),
  'mirror-export': needs(['model:read', 'model:export', 'release:read', 'release:export'], {
    makesModels: false,
    isSpecial: true,
  }),
  'model-card-revisions': needs(MODEL),
  'purge-files-without-release': needs(['model:read', 'release:read', 'release:write', ...FILE], {
    makesModels: false,
  }),
  'push-image': needs([...MODEL, ...IMAGE], PUSHES),
  scanners: needs([...MODEL, ...RELEASE, ...FILE], { usesScanners: true }),
  'several-releases-with-files': needs([...MODEL, ...RELEASE, ...FILE]),
} as const satisfies Record<string, Needs>

export type CheckedCommand = keyof typeof COMMAND_NEEDS

export const CHECKED_COMMANDS = Object.keys(COMMAND_NEEDS) as CheckedCommand[]

/** What several commands need together; without any, what all but the special ones need. */
export function joinNeeds(commands: readonly CheckedCommand[]): Needs {
  const named: readonly Needs[] = commands.map((command) => COMMAND_NEEDS[command])
  const all = named.length > 0 ? named : Object.values<Needs>(COMMAND_NEEDS).filter(({ isSpecial }) => !isSpecial)
  return {
    actions: [...new Set(all.flatMap(({ actions }) => actions))],
    usesRegistry: all.some(({ usesRegistry }) => usesRegistry),
    pushesImages: all.some(({ pushesImages }) => pushesImages),
    makesModels: all.some(({ makesModels }) => makesModels),
    usesScanners: all.some(({ usesScanners }) => usesScanners),
    isInOneModel: all.some(({ isInOneModel }) => isInOneModel),
    isSpecial: all.some(({ isSpecial }) => isSpecial),
  }
}
