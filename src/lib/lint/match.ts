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
  readonly segments: readonly string[]
  /** One digit per segment, the smaller the more literal, so that comparing texts finds the most specific template. */
  readonly specificity: string
}

const VARIABLE = /\{[^{}]*\}/g

/** Finds the operation that a call is made of, in all loaded specifications. */
export class Matcher {
  readonly #templates: readonly Template[]

  constructor(operations: readonly Operation[]) {
    this.#templates = operations
      .flatMap((operation) => operation.paths.map((path) => toTemplate(operation, path)))
      // Literal segments win over parameters (OpenAPI, "Paths Object"); sorting is stable, so the first document wins.
      .sort((left, right) => compareTexts(left.specificity, right.specificity))
  }

  /**
   * @param method in upper case
   * @param path with each variable segment or part of one in braces; a query and slashes at the end do not matter
   */
  match(method: string, path: string): Match {
    const segments = splitPath(path)
    const fits = this.#templates.map((template) => ({
      operation: template.operation,
      fit: fitPath(segments, template),
    }))
    const [certain, possible] = (['certain', 'possible'] as const).map((wanted) =>
      fits.filter(({ fit }) => fit === wanted).map(({ operation }) => operation),
    ) as [Operation[], Operation[]]
    // Where there is a GET the server answers HEAD as well (RFC 9110, section 9.3.2; observed for all routes of Bailo).
    for (const wanted of method === 'HEAD' ? ['HEAD', 'GET'] : [method]) {
      const [best] = certain.filter((operation) => operation.method === wanted)
      if (best !== undefined) return { kind: 'operation', operations: [best] }
    }
    const [first, ...others] = possible.filter((operation) => operation.method === method)
    if (first !== undefined) return { kind: 'operation', operations: [first, ...others] }
    const [one, ...more] = certain
    if (one !== undefined) return { kind: 'other-methods', operations: [one, ...more] }
    return { kind: 'nothing', nearest: this.#findNearest(segments) }
  }

  /** The template that differs in one word only. */
  #findNearest(segments: readonly string[]): string | undefined {
    const near = this.#templates.find(
      (template) =>
        template.segments.length === segments.length &&
        template.segments.filter((one, index) => fitSegment(segments[index] ?? '', one) === 'none').length === 1,
    )
    return near?.operation.path
  }
}

/** A path with the names of its variables left out: equal for templates that match the same URLs. */
export function withoutNames(path: string): string {
  return path.replace(VARIABLE, '{}')
}

function toTemplate(operation: Operation, path: string): Template {
  const segments = splitPath(path)
  const digits = segments.map((segment) => (isWholeVariable(segment) ? 2 : hasVariable(segment) ? 1 : 0))
  return { operation, segments, specificity: digits.join('') }
}

function splitPath(path: string): string[] {
  return path
    .replace(/[?#].*$/s, '')
    .replace(/\/+$/, '')
    .split('/')
    .slice(1)
    .map(decodeSegment)
}

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function isWholeVariable(segment: string): boolean {
  return /^\{[^{}]*\}$/.test(segment)
}

function hasVariable(segment: string): boolean {
  return /\{[^{}]*\}/.test(segment)
}

function fitPath(segments: readonly string[], template: Template): Fit {
  if (segments.length !== template.segments.length) return 'none'
  let fit: Fit = 'certain'
  for (const [index, segment] of segments.entries()) {
    const one = fitSegment(segment, template.segments[index] ?? '')
    if (one === 'none') return 'none'
    if (one === 'possible') fit = 'possible'
  }
  return fit
}

function fitSegment(called: string, described: string): Fit {
  if (called === described) return 'certain'
  if (isWholeVariable(described)) return called === '' ? 'none' : 'certain'
  if (hasVariable(described)) {
    if (withoutNames(called) === withoutNames(described)) return 'certain'
    if (isWholeVariable(called)) return 'possible'
    if (hasVariable(called)) return 'none'
    return fitsPattern(called, described) ? 'certain' : 'none'
  }
  return hasVariable(called) && fitsPattern(described, called) ? 'possible' : 'none'
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
