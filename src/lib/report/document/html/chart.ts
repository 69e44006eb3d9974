import { formatSize } from '../../../content/size.js'
import { formatDuration } from '../../text.js'

/** How figures along an axis are written. */
export type AxisFormat = 'bytes' | 'bytesPerSecond' | 'count' | 'milliseconds' | 'percent' | 'perSecond'

export interface Axis {
  readonly label: string
  readonly format: AxisFormat
  /** Of powers of ten, or of two. */
  readonly scale?: 'log' | 'log2'
}

export interface Series {
  readonly label: string
  /** `line` leads over gaps, `markers` is a line of few figures. */
  readonly style: 'line' | 'steps' | 'points' | 'markers'
  /** One for each place on the x axis; null where there is none. */
  readonly values: readonly (number | null)[]
}

/** A chart, as page.js draws it and as a table shows it. */
export interface Chart {
  /** Within the page. */
  readonly id: string
  readonly title: string
  /** What it shows, in a sentence. */
  readonly description: string
  readonly x: Axis & { readonly values: readonly number[] }
  readonly y: Axis
  readonly series: readonly Series[]
}

/** A figure of a chart as text. */
export function formatFigure(value: number, format: AxisFormat): string {
  switch (format) {
    case 'bytes':
      return formatSize(Math.round(value))
    case 'bytesPerSecond':
      return `${formatSize(Math.round(value))}/s`
    case 'count':
      return trim(value)
    case 'milliseconds':
      return value < 10 ? `${trim(value)} ms` : formatDuration(value)
    case 'percent':
      return `${trim(value)}%`
    case 'perSecond':
      return `${trim(value)}/s`
  }
}

function trim(value: number): string {
  return String(Number(value.toFixed(value < 10 ? 2 : 1)))
}
