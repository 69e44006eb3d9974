import { expect } from 'vitest'

export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Checks that tags close, attributes are quoted and only known entities are used, and lists the elements. */
export function parseXml(text: string): XmlElement[] {
  const elements: XmlElement[] = []
  const open: string[] = []
  const rest = text
    .replace(/^<\?xml [^?]*\?>/, '')
    .replace(
      /<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?)>/g,
      (_whole, end: string, name: string, attributes: string, empty: string) => {
        if (end === '/') expect(open.pop()).toBe(name)
        else {
          elements.push({
            name,
            attributes: Object.fromEntries(
              [...attributes.matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
            ),
          })
          if (empty === '') open.push(name)
        }
        return ''
      },
    )
  expect(open).toEqual([])
  expect(rest).not.toMatch(/[<>]/)
  expect(text).not.toMatch(/&(?!(amp|lt|gt|quot|apos);)/)
  expect(text).not.toMatch(/[\p{Cs}\ufffe\uffff]/u)
  return elements
}
