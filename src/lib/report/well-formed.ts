/** A text in which halves of surrogate pairs that stand alone are replaced: no encoding has them. */
export function toWellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\uFFFD')
}
