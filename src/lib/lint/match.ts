import { countEdits } from '../report/nearest.js'
import type { Operation } from './specification/operations.js'

/** What a call is, in the terms of a specification. */
export type Match =
  /** More than one operation only where a variable of the call stands for words that the templates have. */
  | { readonly kind: 'operation'; readonly operations: readonly [Operation, ...Operation[]] }
  /** The path is there, with other methods. */
  | { readonly kind: 'other-methods'; readonly operations: readonly [Operation, ...Operation[]] }
  | { readonly kind: 'nothing'; readonly nearest: string | undefined }

/** How well a segment of a call fits one of a template. */
type Fit = 'certain' | 'possible' | 'none'

interface Template {
  readonly operation: Operation
  readonly segments: readonly Segment[]
  /** One digit per segment, the smaller the more literal, so that comparing texts finds the most specific template. */
  readonly specificity: string
}

/** One part of a path between slashes. */
interface Segment {
  readonly text: string
  readonly kind: 'literal' | 'partly variable' | 'variable'
}

const VARIABLE = /\{[^{}]*\}/g

/** Finds the operation that a call is made of, in all loaded specifications. */
export class Matcher {
  /** By how many segments they have. */
  readonly #templates = new Map<number, Template[]>()

  constructor(operations: readonly Operation[]) {
    const templates = operations.flatMap((operation) => operation.paths.map((path) => toTemplate(operation, path)))
    // Literal segments win over parameters (OpenAPI, "Paths Object"); sorting is stable, so the first document wins.
    templates.sort((left, right) => compareTexts(left.specificity, right.specificity))
    for (const template of templates) {
      const { length } = template.segments
      this.#templates.set(length, [...(this.#templates.get(length) ?? []), template])
    }
  }

  /**
   * @param method in upper case
   * @param path with each variable segment or part of one in braces; a query and slashes at the end do not matter
   */
  match(method: string, path: string): Match {
    const segments = splitPath(path)
    const candidates = this.#templates.get(segments.length) ?? []
    const certain: Operation[] = []
    const possible: Operation[] = []
    for (const template of candidates) {
      const fit = fitPath(segments, template)
      if (fit === 'certain') certain.push(template.operation)
      else if (fit === 'possible') possible.push(template.operation)
    }
    // Where there is a GET the server answers HEAD as well (RFC 9110, section 9.3.2; observed for all routes of Bailo).
    for (const wanted of method === 'HEAD' ? ['HEAD', 'GET'] : [method]) {
      const best = certain.find((operation) => operation.method === wanted)
      if (best !== undefined) return { kind: 'operation', operations: [best] }
    }
    const [first, ...others] = possible.filter((operation) => operation.method === method)
    if (first !== undefined) return { kind: 'operation', operations: [first, ...others] }
    const [one, ...more] = certain
    if (one !== undefined) return { kind: 'other-methods', operations: [one, ...more] }
    return { kind: 'nothing', nearest: findNearest(segments, candidates) }
  }
}

/** Finds the path of which all but one of the segments fit, and that one is most like the one that is called. */
function findNearest(segments: readonly Segment[], candidates: readonly Template[]): string | undefined {
  let nearest: { readonly path: string; readonly distance: number } | undefined
  for (const template of candidates) {
    const distance = measureDistance(segments, template)
    if (distance < (nearest?.distance ?? Infinity)) nearest = { path: template.operation.path, distance }
  }
  return nearest?.path
}

/** More than the edits of any segment that is compared: a word is farther from a variable than from every other word. */
const OTHER_KIND = 1000

/** How far a path is from a template: infinitely where more than one of the segments does not fit. */
function measureDistance(segments: readonly Segment[], template: Template): number {
  const fits = segments.map((segment, index) => fitSegment(segment, template.segments[index]))
  const misfit = fits.indexOf('none')
  if (misfit < 0 || fits.includes('none', misfit + 1)) return Infinity
  const edits = countEdits(segments[misfit]?.text ?? '', template.segments[misfit]?.text ?? '')
  return edits + OTHER_KIND * fits.filter((fit) => fit === 'possible').length
}

/** A path with the names of its variables left out: equal for templates that match the same URLs. */
export function withoutNames(path: string): string {
  return path.replace(VARIABLE, '{}')
}

const DIGITS: Readonly<Record<Segment['kind'], string>> = { literal: '0', 'partly variable': '1', variable: '2' }

function toTemplate(operation: Operation, path: string): Template {
  const segments = splitPath(path)
  return { operation, segments, specificity: segments.map(({ kind }) => DIGITS[kind]).join('') }
}

function splitPath(path: string): Segment[] {
  return path
    .replace(/[?#].*$/s, '')
    .replace(/\/+$/, '')
    .split('/')
    .slice(1)
    .map((part) => {
      const text = decodeSegment(part)
      if (/^\{[^{}]*\}$/.test(text)) return { text, kind: 'variable' }
      return { text, kind: /\{[^{}]*\}/.test(text) ? 'partly variable' : 'literal' }
    })
}

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function fitPath(segments: readonly Segment[], template: Template): Fit {
  let fit: Fit = 'certain'
  for (let index = 0; index < segments.length; index++) {
    const one = fitSegment(segments[index], template.segments[index])
    if (one === 'none') return 'none'
    if (one === 'possible') fit = 'possible'
  }
  return fit
}

function fitSegment(called: Segment | undefined, described: Segment | undefined): Fit {
  if (called === undefined || described === undefined) return 'none'
  if (called.text === described.text) return 'certain'
  switch (described.kind) {
    case 'variable':
      return called.text === '' ? 'none' : 'certain'
    case 'partly variable':
      if (called.kind === 'variable') return 'possible'
      if (called.kind === 'literal') return fitsPattern(called.text, described.text) ? 'certain' : 'none'
      return withoutNames(called.text) === withoutNames(described.text) ? 'certain' : 'none'
    case 'literal':
      return called.kind !== 'literal' && fitsPattern(described.text, called.text) ? 'possible' : 'none'
  }
}

/** Whether a text begins and ends as a pattern with variables does, and has its other parts in between in order. */
function fitsPattern(text: string, pattern: string): boolean {
  const parts = pattern.split(VARIABLE)
  const [start = '', ...rest] = parts
  const end = rest.pop() ?? ''
  if (!text.startsWith(start) || !text.endsWith(end) || text.length <= start.length + end.length) return false
  let position = start.length
  for (const part of rest) {
    const found = text.indexOf(part, position + 1)
    if (found < 0) return false
    position = found + part.length
  }
  return position < text.length - end.length
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
