/** Returns the page that the server's web framework gives for a route that does not exist (observed). */
export function renderNotFoundPage(method: string, url: string): string {
  const path = url.split('?', 1)[0] ?? ''
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Error</title>
</head>
<body>
<pre>Cannot ${escapeHtml(method)} ${escapeHtml(path)}</pre>
</body>
</html>
`
}

/** Returns a page like those that the reverse proxy in front of Bailo gives for its own errors (observed). */
export function renderProxyErrorPage(title: string): string {
  const lines = [
    '<html>',
    `<head><title>${title}</title></head>`,
    '<body>',
    `<center><h1>${title}</h1></center>`,
    '<hr><center>nginx</center>',
    '</body>',
    '</html>',
  ]
  return lines.map((line) => `${line}\r\n`).join('')
}

/** Returns a text in the form in which a page shows it. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
