import type { Report } from '../report.js'

/** One way to print a report; a file per format. */
export type Format = (report: Report) => string
