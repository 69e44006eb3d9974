import { combine, type Operand } from './combine.js'
import { readFormatTemplate, readPercentTemplate } from './literals.js'
import { elementsOf } from './elements.js'
import type { Machine } from './machine.js'
import type { Arguments } from './requests.js'
import { changeEnd, changeLiterals, changeStart, literalOf, type Text } from './text.js'
import { literal, literalsOf, texts, textsOf, unknown, type Value } from './values.js'

/** Returns what a method of `str` returns; undefined for methods that are not followed. */
export function callTextMethod(
  receiver: readonly Text[],
  method: string,
  args: Arguments,
  machine: Machine,
): Value | undefined {
  const change = CHANGES[method]
  if (change !== undefined) return texts(receiver.map((text) => change(text, literalsOfEach(args))))
  if (method === 'format') return formatAll(receiver, args, machine)
  if (method === 'format_map')
    return formatAll(receiver, { ...args, positional: [], keywords: entriesOf(args.positional[0], machine) }, machine)
  return method === 'join' ? joinAll(receiver, args, machine) : undefined
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
const keep: Change = (text) => text
const lstrip: Change = (text, [characters = WHITESPACE]) => changeStart(text, (start) => trimStart(start, characters))
const rstrip: Change = (text, [characters = WHITESPACE]) => changeEnd(text, (end) => trimEnd(end, characters))

/** Methods that change the text, each on those parts that are known. */
const CHANGES: Readonly<Record<string, Change>> = Object.assign(Object.create(null) as Record<string, Change>, {
  lstrip,
  rstrip,
  strip: (text, args) => rstrip(lstrip(text, args), args),
  removeprefix: (text, [prefix = '']) =>
    changeStart(text, (start) => (start.startsWith(prefix) ? start.slice(prefix.length) : start)),
  removesuffix: (text, [suffix = '']) =>
    changeEnd(text, (end) => (suffix !== '' && end.endsWith(suffix) ? end.slice(0, -suffix.length) : end)),
  replace: (text, [from = '', to = '']) =>
    from === '' ? text : changeLiterals(text, (part) => part.replaceAll(from, () => to)),
  lower: (text) => changeLiterals(text, (part) => part.toLowerCase()),
  upper: (text) => changeLiterals(text, (part) => part.toUpperCase()),
  encode: keep,
  decode: keep,
} satisfies Record<string, Change>)

function literalsOfEach({ positional }: Arguments): (string | undefined)[] {
  return positional.map((value) => literalsOf(value)[0])
}

function entriesOf(value: Value = [], machine: Machine): ReadonlyMap<string, Value> {
  return new Map(value.flatMap((atom) => (atom.kind === 'dict' ? [...machine.store.dict(atom.ref).entries] : [])))
}

function joinAll(separators: readonly Text[], { positional: [items] }: Arguments, machine: Machine): Value {
  if (items === undefined) return unknown('joined')
  const joined = items.flatMap((atom): readonly Value[] => {
    if (atom.kind !== 'list') return [unknown('joined')]
    const { variants, rest } = machine.store.list(atom.ref)
    return variants.map((known) => {
      const all: Operand[] = known.map((value) => ({ value, name: 'part' }))
      if (rest !== undefined) all.push({ value: [{ kind: 'unknown', hole: rest }], name: rest.name })
      const separator = { value: texts(separators), name: 'separator' }
      return combine(all.flatMap((operand, index) => (index === 0 ? [operand] : [separator, operand])))
    })
  })
  return joined.flat()
}

function formatAll(templates: readonly Text[], args: Arguments, machine: Machine): Value {
  return templates.flatMap((template) => formatOne(template, args, machine))
}

/** A template that is not known as a whole keeps its holes; fields are looked for in each piece of it. */
function formatOne(template: Text, args: Arguments, machine: Machine): Value {
  let next = 0
  const operands = template.flatMap((part): Operand[] => {
    if (typeof part !== 'string') return [{ value: texts([[part]]), name: 'value' }]
    const pieces = readFormatTemplate(part) ?? [{ text: part }]
    return pieces.map(({ text, field }) => {
      if (field === undefined) return { value: literal(text), name: 'value' }
      const [, key = '', rest = ''] = /^([^.[]*)(.*)$/s.exec(field) ?? []
      const index = key === '' ? next++ : Number(key)
      const given = Number.isInteger(index) ? args.positional[index] : args.keywords.get(key)
      const name = nameOfField(field)
      return { value: given === undefined ? unknown(name) : follow(given, rest, name, machine), name }
    })
  })
  return combine(operands)
}

/** Follows `.attribute` of a field; what has brackets is not known. */
function follow(value: Value, trail: string, name: string, machine: Machine): Value {
  if (trail === '') return value
  if (trail.includes('[')) return unknown(name)
  return trail
    .slice(1)
    .split('.')
    .reduce((inner, attribute) => machine.attributeOf(inner, attribute), value)
}

const nameOfField = (field: string): string => field.replace(/^self\./, '').replace(/\W+/g, '_') || 'value'

/** Returns what the operator `%` makes of a text. */
export function formatPercent(templates: readonly Text[], right: Value, name: string, machine: Machine): Value {
  const named = entriesOf(right, machine)
  const tuple = right.some(({ kind }) => kind === 'list') ? elementsOf(right, machine.store).items : [right]
  return templates.flatMap((template) => {
    const pieces = readPercentTemplate(literalOf(template) ?? '')
    if (literalOf(template) === undefined) return unknown(name)
    let next = 0
    const operands = pieces.map(({ text, field }): Operand => {
      if (field === undefined) return { value: literal(text), name }
      const value = field === '' ? tuple[next++] : named.get(field)
      const called = field === '' ? name : nameOfField(field)
      return { value: value ?? unknown(called), name: called }
    })
    return combine(operands)
  })
}

/** Returns the readings of a receiver, where it may be a text. */
export function receiverTexts(value: Value, name: string): Text[] {
  return textsOf(
    value.filter(({ kind }) => kind === 'text' || kind === 'unknown'),
    name,
  )
}
