import { exitCodesHelp } from './exit-codes.js'

/** What the help of `many-releases-with-files` and of `several-releases-with-files` have in common. */
export const releasesWithFilesHelp = `Versions follow the highest one that the model has, drafts included; one that turns out to be taken, because it was deleted there once and Bailo never takes it again, is passed over. Files of the right name and size that are in the model are used again, and releases with exactly the right files and notes are not made twice, so that the command can be run again after a failure; another --seed makes others. At the end the releases are listed once and compared with the plan; a difference gives exit code 1.

What it costs the server: one request per file below 64 MiB (larger ones go up in parts of 5 MiB, each a request, unless --multipart never is given), one per release, and ten at most for everything else. A release with more than about 3,700 files makes a larger request than Bailo takes, and is refused before anything is made.

${exitCodesHelp}`
