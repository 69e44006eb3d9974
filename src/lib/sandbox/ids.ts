import { randomBytes, randomInt } from 'node:crypto'

const DIGITS = '0123456789'
const UPPER_CASE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const LOWER_CASE = UPPER_CASE.toLowerCase()

const SLUG_CHARACTERS = 128

const processPart = randomBytes(5).toString('hex')
let counter = randomInt(0xffffff)

/** Returns 24 hexadecimal digits that grow with time, built like a MongoDB ObjectId: seconds, process, counter. */
export function newObjectId(): string {
  counter = (counter + 1) % 0x1000000
  const seconds = Math.floor(Date.now() / 1000)
  return seconds.toString(16).padStart(8, '0') + processPart + counter.toString(16).padStart(6, '0')
}

/** True for what the server can read as an id; anything else makes it answer 500 (observed). */
export function isObjectId(text: string): boolean {
  return /^[0-9a-f]{24}$/i.test(text)
}

/** Returns an id made from a name: lower-case letters, digits and dashes for spaces, then six random characters. */
export function newSlugId(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9 ]/g, '')
    .replaceAll(' ', '-')
    .slice(0, SLUG_CHARACTERS)
  return `${slug}-${randomText(LOWER_CASE + DIGITS, 6)}`
}

/** Returns a public token name, for instance `BAC_4TQ8Z01K`. */
export function newAccessKey(): string {
  return `BAC_${randomText(UPPER_CASE + DIGITS, 8)}`
}

/** Returns a token secret with 240 bits of randomness. */
export function newSecretKey(): string {
  return `BSK_${randomBytes(30).toString('base64url')}`
}

function randomText(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('')
}
