interface DemoFile {
  readonly sizeBytes: number
  readonly mime: string
  readonly tags?: readonly string[]
}

interface DemoRelease {
  readonly semver: string
  readonly notes: string
  readonly minor: boolean
  readonly draft: boolean
  readonly files: readonly DemoFileName[]
  readonly images: readonly { readonly name: string; readonly tag: string }[]
}

/** Sizes as odd as real ones. */
const files = {
  'README.md': { sizeBytes: 3_187, mime: 'text/markdown' },
  'config.json': { sizeBytes: 1_204, mime: 'application/json' },
  'weights-small.safetensors': { sizeBytes: 2_621_477, mime: 'application/octet-stream', tags: ['weights'] },
  'weights-large.safetensors': { sizeBytes: 7_340_113, mime: 'application/octet-stream', tags: ['weights'] },
  'scaler.pkl': { sizeBytes: 48_713, mime: 'application/octet-stream' },
  'tide-tables 2026.csv': { sizeBytes: 912_004, mime: 'text/csv' },
  'evaluation/metrics.json': { sizeBytes: 5_020, mime: 'application/json' },
  'Größen & Einheiten.txt': { sizeBytes: 1, mime: 'text/plain' },
} satisfies Record<string, DemoFile>

export type DemoFileName = keyof typeof files

/** The files of the demo model. */
export const demoFiles: Readonly<Record<DemoFileName, DemoFile>> = files

const published = { minor: false, draft: false }

/** The releases of the demo model, oldest first. */
export const demoReleases: readonly DemoRelease[] = [
  {
    ...published,
    semver: '0.1.0-alpha.1',
    notes: 'First weights that beat the timetable.',
    files: ['README.md', 'weights-small.safetensors'],
    images: [],
  },
  {
    ...published,
    semver: '0.1.0',
    notes: 'Adds the scaler that the weights were trained with.',
    files: ['README.md', 'config.json', 'weights-small.safetensors', 'scaler.pkl'],
    images: [],
  },
  {
    ...published,
    minor: true,
    semver: '0.1.1',
    notes: 'Corrects the units in the documentation.',
    files: ['README.md', 'config.json', 'weights-small.safetensors', 'scaler.pkl', 'Größen & Einheiten.txt'],
    images: [],
  },
  {
    ...published,
    semver: '1.0.0',
    notes: 'First release with a server image.\n\n- serves forecasts over HTTP\n- takes tide tables into account',
    files: ['README.md', 'config.json', 'weights-small.safetensors', 'scaler.pkl', 'tide-tables 2026.csv'],
    images: [{ name: 'server', tag: '1.0.0' }],
  },
  {
    ...published,
    minor: true,
    semver: '1.0.1',
    notes: 'Evaluation on the winter data.',
    files: ['README.md', 'config.json', 'weights-small.safetensors', 'scaler.pkl', 'evaluation/metrics.json'],
    images: [{ name: 'server', tag: '1.0.0' }],
  },
  {
    ...published,
    semver: '1.1.0',
    notes: 'Server and trainer on a common base.',
    files: ['README.md', 'config.json', 'weights-small.safetensors', 'scaler.pkl'],
    images: [
      { name: 'server', tag: '1.1.0' },
      { name: 'tools/trainer', tag: '1.1.0' },
    ],
  },
  {
    ...published,
    semver: '2.0.0-rc.1',
    notes: 'Large weights, for trial.',
    files: ['README.md', 'config.json', 'weights-large.safetensors'],
    images: [],
  },
  {
    ...published,
    semver: '2.0.0',
    notes: 'Large weights; the server now also for arm64.',
    files: ['README.md', 'config.json', 'weights-large.safetensors', 'scaler.pkl', 'evaluation/metrics.json'],
    images: [{ name: 'server', tag: '2.0.0' }],
  },
  {
    ...published,
    draft: true,
    semver: '2.1.0',
    notes: 'Draft: quantised weights to follow.',
    files: ['README.md', 'weights-large.safetensors'],
    images: [{ name: 'server', tag: '2.0.0' }],
  },
]
