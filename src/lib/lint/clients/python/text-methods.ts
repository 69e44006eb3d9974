import { combine, type Operand } from './combine.js'
import { elementsOf } from './elements.js'
import { readFormatTemplate, readPercentTemplate } from './literals.js'
import type { Machine } from './machine.js'
import type { Arguments } from './requests.js'
import { changeEnd, changeLiterals, changeStart, literalOf, type Text } from './text.js'
import { join, literal, literalsOf, type Name, texts, unknown, type Value } from './values.js'

/**
 * Returns what a method of `str` returns; undefined for methods that are not followed.
 *
 * @param receiver one text, with what is known of it
 */
export function callTextMethod(receiver: Text, method: string, args: Arguments, machine: Machine): Value | undefined {
  const change = CHANGES.get(method)
  if (change !== undefined) return texts([change(receiver, literalsOfEach(args))])
  switch (method) {
    case 'format':
      return formatText(receiver, args, machine)
    case 'format_map':
      return formatText(
        receiver,
        { ...args, positional: [], keywords: entriesOf(args.positional[0], machine) },
        machine,
      )
    case 'join':
      return joinItems(receiver, args.positional[0] ?? [], machine)
    default:
      return undefined
  }
}

type Change = (text: Text, args: readonly (string | undefined)[]) => Text

const trimStart = (text: string, characters: string): string => {
  let start = 0
  while (start < text.length && characters.includes(text.charAt(start))) start++
  return text.slice(start)
}

const trimEnd = (text: string, characters: string): string => {
  let end = text.length
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

const WHITESPACE = ' \t\n\r\f\v'
const lstrip: Change = (text, [characters = WHITESPACE]) => changeStart(text, (start) => trimStart(start, characters))
const rstrip: Change = (text, [characters = WHITESPACE]) => changeEnd(text, (end) => trimEnd(end, characters))

/** Methods that change the text, each on those parts that are known. */
const CHANGES: ReadonlyMap<string, Change> = new Map<string, Change>([
  ['lstrip', lstrip],
  ['rstrip', rstrip],
  ['strip', (text, args) => rstrip(lstrip(text, args), args)],
  [
    'removeprefix',
    (text, [prefix = '']) =>
      changeStart(text, (start) => (start.startsWith(prefix) ? start.slice(prefix.length) : start)),
  ],
  [
    'removesuffix',
    (text, [suffix = '']) =>
      changeEnd(text, (end) => (suffix !== '' && end.endsWith(suffix) ? end.slice(0, -suffix.length) : end)),
  ],
  [
    'replace',
    (text, [from = '', to = '']) =>
      from === '' ? text : changeLiterals(text, (part) => part.replaceAll(from, () => to)),
  ],
  ['lower', (text) => changeLiterals(text, (part) => part.toLowerCase())],
  ['upper', (text) => changeLiterals(text, (part) => part.toUpperCase())],
  ['encode', (text) => text],
  ['decode', (text) => text],
])

function literalsOfEach({ positional }: Arguments): (string | undefined)[] {
  return positional.map((value) => literalsOf(value)[0])
}

function entriesOf(value: Value = [], machine: Machine): ReadonlyMap<string, Value> {
  return new Map(value.flatMap((atom) => (atom.kind === 'dict' ? [...machine.store.dict(atom.ref).entries] : [])))
}

function joinItems(separator: Text, items: Value, machine: Machine): Value {
  return join(
    items.map((atom) => {
      if (atom.kind !== 'list') return unknown('joined')
      const { variants, rest } = machine.store.list(atom.ref)
      const more: Value[] = rest === undefined ? [] : [[{ kind: 'unknown', hole: rest }]]
      return join(variants.map((known) => joinOperands(separator, [...known, ...more])))
    }),
  )
}

function joinOperands(separator: Text, values: readonly Value[]): Value {
  const between = { value: texts([separator]), name: (): string => 'separator' }
  return combine(
    values.flatMap((value, index) => {
      const operand = { value, name: (): string => 'part' }
      return index === 0 ? [operand] : [between, operand]
    }),
  )
}

/** A template that is not known as a whole keeps its holes; fields are looked for in each piece of it. */
function formatText(template: Text, args: Arguments, machine: Machine): Value {
  let next = 0
  const operands = template.flatMap((part): Operand[] => {
    if (typeof part !== 'string') return [{ value: texts([[part]]), name: () => 'value' }]
    const pieces = readFormatTemplate(part) ?? [{ text: part }]
    return pieces.map(({ text, field }) => {
      if (field === undefined) return { value: literal(text), name: () => 'text' }
      const [, key = '', trail = ''] = /^([^.[]*)(.*)$/s.exec(field) ?? []
      const index = key === '' ? next++ : Number(key)
      const given = Number.isInteger(index) ? args.positional[index] : args.keywords.get(key)
      const name = (): string => nameOfField(field)
      return { value: given === undefined ? unknown(name()) : follow(given, trail, name, machine), name }
    })
  })
  return combine(operands)
}

/** Follows `.attribute` of a field; what has brackets is not known. */
function follow(value: Value, trail: string, name: Name, machine: Machine): Value {
  if (trail === '') return value
  if (trail.includes('[')) return unknown(name())
  const attributes = trail.slice(1).split('.')
  return attributes.reduce((inner, attribute) => machine.attributeOf(inner, attribute), value)
}

const nameOfField = (field: string): string => field.replace(/^self\./, '').replace(/\W+/g, '_') || 'value'

/** Returns what the operator `%` makes of templates. */
export function formatPercent(templates: readonly Text[], right: Operand, machine: Machine): Value {
  const { value, name } = right
  const named = entriesOf(value, machine)
  const tuple = value.some(({ kind }) => kind === 'list') ? elementsOf(value, machine.store).items : [value]
  return join(
    templates.map((template) => {
      const known = literalOf(template)
      if (known === undefined) return unknown(name())
      let next = 0
      const operands = readPercentTemplate(known).map(({ text, field }): Operand => {
        if (field === undefined) return { value: literal(text), name }
        const called = field === '' ? name : (): string => nameOfField(field)
        return { value: (field === '' ? tuple[next++] : named.get(field)) ?? unknown(called()), name: called }
      })
      return combine(operands)
    }),
  )
}
