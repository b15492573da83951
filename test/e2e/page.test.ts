import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { Overview } from '../../runtime/observe/page.ts'
import { type ReplayRef, startServer } from '../../runtime/observe/server.ts'
import { describeInBrowser, findBrowser } from './browser.ts'

const parked = {
  controller: 'mydemo',
  namespace: 'default',
  name: 'x',
  since: '2026-01-02T12:03:04Z',
  attempts: 3,
  message: '<img src=x onerror=alert(1)>',
}

const WITHIN = { timeout: 20_000, interval: 100 }

describeInBrowser('The page in a browser', () => {
  let browser: Browser
  let page: Page
  /** What the browser complained of: a blocked script, an exception. */
  let complaints: string[]

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findBrowser() as string, args: ['--no-sandbox'] })
  })

  afterAll(() => browser?.close())

  beforeEach(async () => {
    complaints = []
    page = await browser.newPage()
    onTestFinished(() => page.close())
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  })

  async function serve() {
    const objects = [parked]
    const replays: (ReplayRef & { controller: string })[] = []
    const overview = (): Overview => ({
      version: '1.2.3',
      cluster: 'context demo',
      ok: true,
      problems: [],
      controllers: [],
      parked: objects,
      troubles: [],
    })
    const server = await startServer({
      listen: '127.0.0.1:0',
      log: { error: () => {} },
      ready: () => ({ ok: true, controllers: [] }),
      parked: () => objects,
      overview,
      replay: (controller, ref) => {
        replays.push({ controller, ...ref })
        return objects.pop() !== undefined
      },
      metrics: async () => ({ contentType: 'text/plain', text: '' }),
    })
    onTestFinished(() => server.close())
    return { server, objects, replays }
  }

  test('A parked object is replayed by its button, and the page follows', async () => {
    const { server, replays } = await serve()
    await page.goto(server.url)
    expect(await page.textContent('main')).toContain('<img src=x onerror=alert(1)>')
    await page.click('button')
    await page.waitForSelector('text=Nothing is parked', WITHIN)
    expect(replays).toEqual([{ controller: 'mydemo', namespace: 'default', name: 'x' }])
    expect(complaints).toEqual([])
  })

  test('What changes on the host is shown without a reload, and its end is said', async () => {
    const { server, objects } = await serve()
    await page.goto(server.url)
    objects.push({ ...parked, name: 'second' })
    await page.waitForSelector('text=default/second', WITHIN)
    await server.close()
    await vi.waitFor(async () => expect(await page.textContent('#note')).toContain('does not answer'), WITHIN)
  })
})
