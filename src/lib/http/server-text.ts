/** Longest piece of server text that goes into a message, in characters. */
const MAX_LENGTH = 500

/**
 * Makes text that comes from elsewhere safe to print: control characters, ANSI escapes and bidirectional overrides are
 * shown as `\u{...}` instead of taking effect; line breaks and tabs become spaces.
 */
export function showControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '\n' || character === '\t' ? ' ' : `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`,
  )
}

/** Makes text from a server safe to print, and cuts very long text. */
export function showServerText(text: string): string {
  const visible = showControls(text)
  return visible.length > MAX_LENGTH ? `${visible.slice(0, MAX_LENGTH)}... (${visible.length} characters)` : visible
}
