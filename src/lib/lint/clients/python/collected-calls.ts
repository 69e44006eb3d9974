import type { ClientCall, NamesSent, SourceLocation } from '../../client-call.js'
import { unite } from './names.js'
import type { Request } from './requests.js'
import type { Definition } from './values.js'

/** A request, where it is made, and through which functions. */
export interface FoundRequest extends Request {
  /** Offset of the call of the agent. */
  readonly at: number
  /** The function that was read on its own; undefined for code outside of one. */
  readonly root: Definition | undefined
  readonly qualifiedName: string
  /** Offset of the call in `root` that led here through further functions; `at` when there are none. */
  readonly site: number
  /** The functions between, from the one that `root` calls on. */
  readonly chain: readonly Definition[]
  /** True when what is known at a call of the function would be closer to the truth. */
  readonly isGuess: boolean
}

/**
 * Collects the requests of a file. A call of the agent in a function that gets its method or its URL as a parameter says
 * little on its own: then the calls of that function are what counts, at the places where they are.
 */
export class CollectedCalls {
  private readonly requests = new Map<number, FoundRequest[]>()

  add(request: FoundRequest): void {
    const before = this.requests.get(request.at)
    if (before === undefined) this.requests.set(request.at, [request])
    else before.push(request)
  }

  has(at: number): boolean {
    return this.requests.has(at)
  }

  /** Returns the calls in the order of the file; equal ones are one. */
  list(locate: (offset: number, qualifiedName: string) => SourceLocation): ClientCall[] {
    const merged = new Map<string, FoundRequest[]>()
    for (const requests of this.requests.values()) {
      for (const request of choose(requests)) {
        const key = `${request.site} ${request.method} ${request.path ?? `? ${request.reason}`}`
        const same = merged.get(key)
        if (same === undefined) merged.set(key, [request])
        else same.push(request)
      }
    }
    return [...merged.values()]
      .toSorted(([a], [b]) => (a?.site ?? 0) - (b?.site ?? 0))
      .flatMap((same) => describe(same, locate))
  }
}

/** Returns either what is known where the agent is called, or what is known at the callers. */
function choose(requests: readonly FoundRequest[]): readonly FoundRequest[] {
  const direct = requests.filter(({ chain }) => chain.length === 0)
  const through = requests.filter(({ chain }) => chain.length > 0)
  const isBetter = direct.some((one) => one.isGuess || isOpen(one) || through.some((other) => saysMore(one, other)))
  if (direct.length > 0 && !isBetter) return direct
  const passedOn = new Set(through.flatMap(({ chain }) => chain))
  const told = through.filter((one) => !(isOpen(one) && one.root !== undefined && passedOn.has(one.root)))
  return told.length > 0 ? told : direct
}

/** True when the caller would have to say what method or path is. */
const isOpen = ({ missing }: FoundRequest): boolean => missing?.parameterOf !== undefined

/** A private function is called in its own file only, so what its callers say is all there is. */
function saysMore(direct: FoundRequest, through: FoundRequest): boolean {
  const name = direct.root?.name ?? ''
  if (!name.startsWith('_') || (name.startsWith('__') && name.endsWith('__'))) return false
  return (
    holesIn(through.path) < holesIn(direct.path) ||
    knowsMore(direct.query, through.query) ||
    knowsMore(direct.body, through.body)
  )
}

const holesIn = (path: string | undefined): number => path?.split('{').length ?? Infinity

function knowsMore(before: NamesSent | undefined, after: NamesSent | undefined): boolean {
  if (before === undefined || before.isComplete) return false
  return after === undefined || after.isComplete || after.names.length > before.names.length
}

function describe(
  same: readonly FoundRequest[],
  locate: (offset: number, qualifiedName: string) => SourceLocation,
): ClientCall[] {
  const [first] = same
  if (first === undefined) return []
  const bodies = same.flatMap(({ body }) => body ?? [])
  return [
    {
      method: first.method,
      path: first.path,
      ...(first.reason !== undefined && { unresolvedReason: first.reason }),
      query: unite(same.map(({ query }) => query)),
      body: bodies.length === 0 ? undefined : unite(bodies),
      location: locate(first.site, first.qualifiedName),
    },
  ]
}
