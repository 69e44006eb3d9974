import { loremWord } from '../lorem.js'
import type { Random } from '../seeded-random.js'

/** Of the reach of dates, in milliseconds since 1970: from 2000 up to the end of 2039. */
const [FIRST_MS, LAST_MS] = [Date.UTC(2000, 0, 1), Date.UTC(2040, 0, 1) - 1]

const isoDate = (random: Random): string => new Date(random.integer(FIRST_MS, LAST_MS)).toISOString()
const email = (random: Random): string => `${loremWord(random)}.${loremWord(random)}@example.org`
const host = (random: Random): string => `${loremWord(random)}.example.org`
const path = (random: Random): string => `/${loremWord(random)}/${loremWord(random)}`
const url = (random: Random): string => `https://example.org${path(random)}`
const ipv4 = (random: Random): string => `192.0.2.${random.integer(1, 254)}`
const digits = (random: Random, count: number, base: number): string =>
  Array.from({ length: count }, () => random.integer(0, base - 1).toString(base)).join('')

/**
 * Makers of texts of the formats that JSON schema defines (draft 7, section 7.3) and of those that Bailo's validator, the
 * library jsonschema, knows besides. Hosts and addresses are those set aside for examples (RFC 2606, RFC 5737, RFC 3849).
 */
export const FORMATS: ReadonlyMap<string, (random: Random) => string> = new Map([
  ['date', (random: Random) => isoDate(random).slice(0, 10)],
  ['date-time', isoDate],
  ['time', (random: Random) => isoDate(random).slice(11)],
  ['duration', (random: Random) => `P${random.integer(1, 99)}D`],
  ['email', email],
  ['idn-email', email],
  ['hostname', host],
  ['host-name', host],
  ['idn-hostname', host],
  ['ipv4', ipv4],
  ['ip-address', ipv4],
  ['ipv6', (random: Random) => `2001:db8::${digits(random, 4, 16).replace(/^0+(?=.)/, '')}`],
  ['uri', url],
  ['url', url],
  ['iri', url],
  ['uri-reference', path],
  ['iri-reference', path],
  ['uri-template', path],
  ['json-pointer', path],
  ['relative-json-pointer', (random: Random) => `1${path(random)}`],
  ['regex', (random: Random) => `^${loremWord(random)}$`],
  [
    'uuid',
    (random: Random) => {
      const [a, b, c, d] = [8, 4, 3, 3].map((count) => digits(random, count, 16))
      return `${a}-${b}-4${c}-8${d}-${digits(random, 12, 16)}`
    },
  ],
  ['color', (random: Random) => `#${digits(random, 6, 16)}`],
  ['phone', (random: Random) => `+44${digits(random, 10, 10)}`],
  ['alpha', loremWord],
  ['alphanumeric', (random: Random) => `${loremWord(random)}${random.integer(1, 99)}`],
  ['byte', (random: Random) => Buffer.from(loremWord(random)).toString('base64')],
])
