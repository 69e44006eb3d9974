/** RFC 9110, section 5.6.2: what needs no quotes. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * Returns the header value that makes a client save the answer under the name (RFC 6266). As on the server, the name loses
 * everything up to its last slash, and `filename*` is added when ASCII cannot say the name (observed).
 */
export function describeAttachment(fileName: string): string {
  const name = fileName.slice(fileName.lastIndexOf('/') + 1)
  const ascii = name.replace(/[^\x20-\x7e]/g, '?')
  const plain = `attachment; filename=${TOKEN.test(ascii) ? ascii : quote(ascii)}`
  const isExact = ascii === name && !/%[0-9A-Fa-f]{2}/.test(name)
  return isExact ? plain : `${plain}; filename*=UTF-8''${encodeExtendedValue(name)}`
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** RFC 8187, section 3.2. */
function encodeExtendedValue(text: string): string {
  const escape = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  const wellFormed = Buffer.from(text).toString()
  return encodeURIComponent(wellFormed).replace(/['()*]/g, escape)
}
