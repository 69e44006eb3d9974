import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Grant } from './access.js'
import { SERVICE } from './challenge.js'

const LIFETIME_SECONDS = 3600

/** Beyond that the tokens that were ended first are forgotten, and valid again for the rest of their hour. */
const EXPIRED_TOKENS_CAP = 10_000

interface Claims {
  readonly aud: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
  readonly access: readonly Grant[]
}

/**
 * Issues and checks bearer tokens: JSON Web Tokens (RFC 7519) signed with a key that lives as long as the process. They
 * hold what is granted and for how long, nothing of the caller's keys.
 */
export class TokenIssuer {
  private readonly key = randomBytes(32)
  /** Ids of tokens that were ended before their time. */
  private readonly expired = new Set<string>()

  /** @param now the current time in milliseconds since the epoch */
  constructor(private readonly now: () => number) {}

  /** Returns a token for the grants, valid for one hour. */
  issue(access: readonly Grant[]): string {
    const issuedAt = Math.floor(this.now() / 1000)
    const claims: Claims = {
      aud: SERVICE,
      iat: issuedAt,
      exp: issuedAt + LIFETIME_SECONDS,
      jti: randomBytes(12).toString('hex'),
      access,
    }
    const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
    return `${content}.${this.sign(content)}`
  }

  /** Returns the grants of a token; undefined when it is not one of ours, was changed, or has expired. */
  verify(token: string): readonly Grant[] | undefined {
    return this.read(token)?.access
  }

  /** Ends a token before its time; false when it was not valid anyway. */
  expire(token: string): boolean {
    const claims = this.read(token)
    if (claims === undefined) return false
    const [oldest] = this.expired
    if (oldest !== undefined && this.expired.size >= EXPIRED_TOKENS_CAP) this.expired.delete(oldest)
    this.expired.add(claims.jti)
    return true
  }

  /** Undefined when the token is not valid. */
  private read(token: string): Claims | undefined {
    const end = token.lastIndexOf('.')
    const content = token.slice(0, Math.max(end, 0))
    if (!equals(this.sign(content), token.slice(end + 1))) return undefined
    const claims = JSON.parse(Buffer.from(content.split('.')[1] ?? '', 'base64url').toString()) as Claims
    return claims.exp * 1000 > this.now() && !this.expired.has(claims.jti) ? claims : undefined
  }

  private sign(content: string): string {
    return createHmac('sha256', this.key).update(content).digest('base64url')
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function equals(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right))
}
