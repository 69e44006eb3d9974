import type { paths } from '../../../openapi/bailo-v2.js'

/**
 * Fills in a path template of the contract, for the bulk transfers that do not go through the JSON client.
 *
 * @param query undefined values are left out; a list repeats its name
 */
export function fillPath(
  template: keyof paths,
  parameters: Readonly<Record<string, string>>,
  query: Readonly<Record<string, string | number | readonly string[] | undefined>> = {},
): string {
  const path = template.replace(/\{(\w+)\}/g, (_match, name: string) => {
    const value = parameters[name]
    if (value === undefined) throw new TypeError(`${template} needs ${name}`)
    return encodeURIComponent(value)
  })
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    for (const single of Array.isArray(value) ? (value as readonly string[]) : [String(value)]) {
      search.append(name, single)
    }
  }
  return search.size === 0 ? path : `${path}?${search.toString()}`
}
