/** Rules for the sandbox, by the column of the matrix that they make. */
export const FAULTS: Readonly<Record<string, readonly string[]>> = {
  '503': ['any every=5 status=503'],
  '500 once': ['any after=4 x1 status=500'],
  'p=0.15': ['any p=0.15 seed=matrix status=502'],
  reset: ['any every=6 reset-request=0'],
  'reset answer': ['any every=6 reset-response=10'],
  lost: ['any every=5 lost'],
  delay: ['any every=4 delay=150ms'],
  trickle: ['any every=6 trickle=20kB/s'],
  empty: ['any every=7 empty status=503'],
  html: ['any every=6 html status=502'],
  '429': ['any every=8 retry-after=1'],
  truncated: ['any every=9 truncate'],
  length: ['any every=9 wrong-length=+10'],
  'upload forgot': ['blob-patch x1 reset-request=1kB', 'blob-status x1 forget-offset'],
  'token expired': ['blob-patch every=2 expire-token'],
  down: ['any after=12 status=503'],
}
