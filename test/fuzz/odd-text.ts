import fc from 'fast-check'

/** Text as people, editors and attackers write it: words, control characters, bidi overrides, quotes, prototype keys. */
export const oddText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\u001b[31m',
    '\u202e',
    '../../etc/passwd',
    '__proto__',
    'constructor',
    '-',
    '--',
    '"',
    "'",
    '${HOME}',
    '$(id)',
  ),
  fc
    .array(fc.constantFrom('a', '=', '\n', '\r\n', '#', '"', '`', '\t', 'URL', 'é', '\uD800'), { maxLength: 30 })
    .map((parts) => parts.join('')),
)

/** A JSON document of any form, or one that is damaged. */
export const oddJson = fc.oneof(
  fc.json(),
  fc.json().map((text) => text.slice(0, text.length / 2)),
  oddText,
  fc.constantFrom('null', '[]', '{}', '{"error":null}', '{"__proto__":{"isAdmin":true}}', '1e999', '"'.repeat(3)),
)
