import { chromium } from 'playwright-core'
const [, , file, prefix, which = 'all'] = process.argv
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
for (const [name, width, scheme] of [['1280-light', 1280, 'light'], ['1280-dark', 1280, 'dark'], ['400-light', 400, 'light'], ['400-dark', 400, 'dark']]) {
  if (which !== 'all' && !which.split(',').includes(name)) continue
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme, offline: true })
  page.on('console', (m) => console.log(name, m.type(), m.text()))
  page.on('pageerror', (e) => console.log(name, 'ERR', e.message))
  await page.goto('file://' + file)
  await page.waitForTimeout(300)
  await page.screenshot({ path: `${prefix}-${name}.png`, fullPage: true })
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  console.log(name, 'overflow', over)
  await page.close()
}
if (which === 'all' || which.includes('print')) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'dark', offline: true })
  await page.goto('file://' + file)
  await page.waitForTimeout(300)
  await page.pdf({ path: `${prefix}-print.pdf`, format: 'A4', margin: { top: '12mm', bottom: '12mm', left: '12mm', right: '12mm' }, printBackground: false })
}
await browser.close()
