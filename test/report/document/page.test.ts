import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { formatHtml } from '../../../src/lib/report/document/formats/html.js'
import { toLatencyPart } from '../../../src/lib/report/document/latency.js'
import type { RampPart, RunDocument } from '../../../src/lib/report/document/model.js'
import { documentOf, HOSTILE, latenciesOf } from './documents.js'

/** Debian's package `chromium`; playwright-core brings no browser of its own. */
const BROWSER = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
if (BROWSER === undefined) {
  process.stderr.write('The HTML report is not tried in a browser: no chromium is installed here.\n')
}

const latency = toLatencyPart(latenciesOf([10, 20, 30]))
const ramp: RampPart = {
  type: 'concurrent-file-uploads',
  sizeBytes: 1024 ** 2,
  rows: [1, 2, 4, 8].map((concurrency) => ({
    concurrency,
    done: 3,
    failed: 0,
    bytes: 3 * 1024 ** 2,
    durationMs: 100,
    bytesPerSecond: concurrency * 10 * 1024 ** 2,
    ...(latency && { latency }),
  })),
}

const RUN_CHARTS = [
  'latency-over-time',
  'latency-distribution',
  'steps-per-second',
  'bytes-per-second',
  'steps-in-flight',
]

interface OpenPage {
  readonly page: Page
  /** Errors and warnings of the page, and all that it asked the network for. */
  readonly complaints: string[]
}

describe.skipIf(BROWSER === undefined)('an HTML report in Chromium, from disk and without a network', () => {
  let browser: Browser
  let directory: string

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'bailo-exp-page-'))
    // Without the sandbox of the kernel, which root in a container cannot have.
    browser = await chromium.launch({ executablePath: BROWSER ?? '', args: ['--no-sandbox'] })
  })

  afterAll(async () => {
    await browser?.close()
    await rm(directory, { recursive: true, force: true })
  })

  async function open(
    document: RunDocument,
    options: { colorScheme?: 'light' | 'dark'; width?: number; javaScriptEnabled?: boolean } = {},
  ): Promise<OpenPage> {
    const { colorScheme = 'light', width = 1280, javaScriptEnabled = true } = options
    const file = path.join(directory, `${Math.random()}.html`)
    await writeFile(file, await formatHtml(document))
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme,
      javaScriptEnabled,
      offline: true,
    })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('dialog', (dialog) => complaints.push(`dialog ${dialog.message()}`))
    page.on('request', (request) => complaints.push(`request ${request.url()}`))
    await page.goto(pathToFileURL(file).href)
    complaints.splice(complaints.indexOf(`request ${pathToFileURL(file).href}`), 1)
    return { page, complaints }
  }

  /** How many different colours a chart is painted in. */
  async function countColours(page: Page, id: string): Promise<number> {
    return page.evaluate<number>(`{
      const canvas = document.querySelector('#${id} canvas')
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      new Set(new Uint32Array(data.buffer)).size
    }`)
  }

  async function drawnCharts(page: Page): Promise<string[]> {
    return page.evaluate<string[]>(`[...document.querySelectorAll('figure:has(canvas)')].map(({ id }) => id)`)
  }

  it('draws its charts, each with a table beside it, and complains of nothing', async () => {
    const { page, complaints } = await open(documentOf('weights.bin'))
    expect(await drawnCharts(page)).toEqual(['time-to-result', ...RUN_CHARTS])
    for (const id of await drawnCharts(page)) {
      expect(await countColours(page, id), id).toBeGreaterThan(5)
      expect(await page.locator(`#${id} table tbody tr`).count(), id).toBeGreaterThan(0)
    }
    expect(await page.locator('.outcome').textContent()).toContain('Incomplete')
    expect(complaints).toEqual([])
  })

  it('draws throughput against concurrency for a ramp', async () => {
    const { page, complaints } = await open(documentOf('x', { experiment: ramp, exitCode: 0 }))
    expect((await drawnCharts(page)).slice(0, 2)).toEqual([
      'throughput-against-concurrency',
      'latency-against-concurrency',
    ])
    const cells = await page.locator('#throughput-against-concurrency tbody tr').allTextContents()
    expect(cells).toEqual(['110 MiB/s', '220 MiB/s', '440 MiB/s', '880 MiB/s'])
    expect(complaints).toEqual([])
  })

  it('lets no name take effect, but shows it', async () => {
    const { page, complaints } = await open(documentOf(HOSTILE))
    expect(await page.evaluate('globalThis.stolen')).toBeUndefined()
    expect(await page.locator('img, a, iframe, [onerror]').count()).toBe(0)
    expect(await page.locator('script').count()).toBe(3)
    const shown = await page.locator('body').innerText()
    expect(shown).toContain('</script><script>globalThis.stolen=1</script>')
    expect(shown).toContain('\\u{202e}gnp.exe')
    expect(shown).not.toMatch(/[^\P{Cc}\s]|\p{Cf}/u)
    expect(complaints).toEqual([])
  })

  it('would run no script and load nothing that got into it', async () => {
    const { page, complaints } = await open(documentOf('x'))
    await page.evaluate(`{
      const script = document.createElement('script')
      script.textContent = 'globalThis.stolen = 1'
      document.body.append(script)
      const image = document.createElement('img')
      image.src = 'http://127.0.0.1:9/x.png'
      document.body.append(image)
    }`)
    expect(await page.evaluate('globalThis.stolen')).toBeUndefined()
    expect(complaints.filter((complaint) => complaint.includes('Content Security Policy')).length).toBeGreaterThan(1)
  })

  it('is dark where the reader wants it, and light on paper', async () => {
    const { page } = await open(documentOf('x'), { colorScheme: 'dark' })
    const lightness = async (selector: string): Promise<number> => {
      const colour = await page.evaluate<string>(
        `getComputedStyle(document.querySelector('${selector}')).backgroundColor`,
      )
      const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/g) ?? []).map(Number)
      return (red + green + blue) / 3
    }
    expect(await lightness('body')).toBeLessThan(60)
    await page.emulateMedia({ media: 'print' })
    expect(await lightness('body')).toBe(255)
    const printed = await page.pdf({ format: 'A4' })
    expect(printed.subarray(0, 5).toString()).toBe('%PDF-')
    await page.emulateMedia({ media: 'screen' })
    expect(await lightness('body')).toBeLessThan(60)
  })

  it('can be read with the keyboard alone', async () => {
    const { page } = await open(documentOf('x', { experiment: ramp }))
    const reached: string[] = []
    for (let presses = 0; presses < 80; presses++) {
      await page.keyboard.press('Tab')
      reached.push(
        await page.evaluate<string>(
          `[document.activeElement.closest('figure')?.id, document.activeElement.className || document.activeElement.localName].join(' ')`,
        ),
      )
    }
    for (const id of await drawnCharts(page)) {
      expect(reached).toContain(`${id} plot`)
      expect(reached).toContain(`${id} summary`)
    }
    const plot = page.locator('#throughput-against-concurrency .plot')
    const output = page.locator('#throughput-against-concurrency output')
    await plot.focus()
    const said: (string | null)[] = []
    for (const key of ['ArrowRight', 'ArrowRight', 'End', 'ArrowLeft', 'Home']) {
      await page.keyboard.press(key)
      said.push(await output.textContent())
    }
    expect(said).toEqual([10, 20, 80, 40, 10].map((rate) => `${rate / 10}: throughput ${rate} MiB/s`))
    await page.locator('#throughput-against-concurrency summary').press('Enter')
    expect(await page.locator('#throughput-against-concurrency table').isVisible()).toBe(true)
  })

  it.each([1280, 400])('fits a window of %d pixels', async (width) => {
    const { page } = await open(documentOf('a-very-long-name-'.repeat(30)), { width })
    const overflow = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    )
    expect(overflow).toBe(0)
    const widths = await page.evaluate<number[]>(
      `[...document.querySelectorAll('.plot canvas')].map(({ clientWidth }) => clientWidth)`,
    )
    for (const canvasWidth of widths) expect(canvasWidth).toBeLessThanOrEqual(width)
  })

  it('has all figures in tables where no script may run', async () => {
    const { page } = await open(documentOf('x'), { javaScriptEnabled: false })
    expect(await page.locator('#latency-over-time').innerText()).toContain('the table has the same figures')
    await page.locator('#latency-over-time summary').click()
    expect(await page.locator('#latency-over-time table').isVisible()).toBe(true)
  })

  it('names each part for those who cannot see it', async () => {
    const { page } = await open(documentOf('x'))
    expect(await page.title()).toMatch(/^scanners in x, \d{4}-/)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('scanners')
    for (const id of await drawnCharts(page)) {
      expect(await page.locator(`#${id} .plot`).getAttribute('aria-label')).toMatch(/Arrow keys/)
    }
    expect(await page.locator('table:not(:has(thead th[scope=col]))').count()).toBe(0)
  })
})
