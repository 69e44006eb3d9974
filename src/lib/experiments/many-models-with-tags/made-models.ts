import type { PlannedModel } from './plan.js'

/** A model that has been made. */
export interface MadeModel {
  readonly id: string
  readonly name: string
  /** As they were sent: in any case. */
  readonly tags: readonly string[]
  /** Whether the model itself was given them. */
  readonly isOnModel: boolean
  /** Whether its card was given them. */
  readonly isInCard: boolean
}

/** The models of a run, in the order in which they were planned. */
export class MadeModels {
  readonly #models = new Map<string, MadeModel>()

  noteModel({ name, tags }: PlannedModel, id: string, isOnModel: boolean): void {
    this.#models.set(name, { id, name, tags, isOnModel, isInCard: false })
  }

  noteCard({ name }: PlannedModel): void {
    const model = this.#models.get(name)
    if (model !== undefined) this.#models.set(name, { ...model, isInCard: true })
  }

  list(): readonly MadeModel[] {
    return [...this.#models.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }
}

/** True when the model has the tag, in whatever case it was given. */
export function hasTag({ tags, isOnModel, isInCard }: MadeModel, tag: string): boolean {
  return (isOnModel || isInCard) && tags.some((one) => one.toLowerCase() === tag)
}
