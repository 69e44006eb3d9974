const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** Longer waits overflow Node's timers. */
const LIMIT_MS = 2 ** 31 - 1

/** Returns the milliseconds that a text such as `165ms`, `2s`, `1.5m` or `1h` stands for; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? []
  const durationMs = Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]
  return durationMs <= LIMIT_MS ? durationMs : undefined
}
