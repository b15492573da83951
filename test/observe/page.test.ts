import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { type Overview, PAGE_POLICY, renderPage } from '../../runtime/observe/page.ts'

const overview: Overview = {
  version: '1.2.3',
  cluster: 'context demo',
  ok: true,
  problems: [],
  controllers: [],
  parked: [],
  troubles: [],
}

const controller = {
  name: 'mydemo',
  kind: 'crddemo.k8s.io/v1/Mydemo',
  handler: '../handlers/mydemo.ts',
  state: 'Running',
  ok: true,
  queued: 3,
  running: 1,
  parked: 0,
  succeeded: 17,
  failed: 2,
  guestMemoryBytes: 19 * 2 ** 20,
}

test('A controller is shown with its kind, handler, state and counts', () => {
  const page = renderPage({ ...overview, controllers: [controller] })
  for (const text of ['mydemo', 'crddemo.k8s.io/v1/Mydemo', '../handlers/mydemo.ts', 'Running', '17', '19 MiB'])
    expect(page).toContain(text)
})

test('What holds up the host is named, and it is not called ready', () => {
  const page = renderPage({ ...overview, ok: false, problems: ['the API server has not answered yet'] })
  expect(page).toContain('not ready')
  expect(page).toContain('the API server has not answered yet')
})

test('A parked object has a button that bears its controller and its name', () => {
  const parked = { controller: 'a', namespace: 'default', name: 'x', since: '2026-01-02T12:03:04Z', attempts: 3 }
  const page = renderPage({ ...overview, parked: [{ ...parked, message: 'boom' }] })
  expect(page).toContain('data-controller="a"')
  expect(page).toContain('data-ref="{&#34;namespace&#34;:&#34;default&#34;,&#34;name&#34;:&#34;x&#34;}"')
  expect(page).toContain('boom')
})

test('Markup in a message or a name is text', () => {
  const message = `<img src=x onerror="alert('1')">`
  const page = renderPage({
    ...overview,
    controllers: [{ ...controller, message }],
    troubles: [{ level: 'error', key: message, message, at: 0, count: 1 }],
  })
  expect(page).not.toContain('<img')
  expect(page).toContain('&#60;img src=x onerror=&#34;')
})

test('The policy allows the page’s own script and style, and no other', () => {
  const page = renderPage(overview)
  for (const tag of ['script', 'style']) {
    const text = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(page)?.[1] ?? ''
    const hash = createHash('sha256').update(text).digest('base64')
    expect(PAGE_POLICY).toContain(`${tag}-src 'sha256-${hash}'`)
  }
  expect(PAGE_POLICY).not.toContain('unsafe')
})

test('More rows than anybody reads are counted instead', () => {
  const troubles = Array.from({ length: 201 }, (_, at) => ({ level: 'warn' as const, message: 'x', at, count: 1 }))
  expect(renderPage({ ...overview, troubles })).toContain('and 1 more')
})
