import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { type FaultyProxy, startFaultyProxy } from '../control-plane/faulty-proxy.ts'
import { isList } from '../control-plane/proxied-request.ts'
import { type HostOptions, type HostProcess, startHost } from './host-process.ts'
import { type LogLine, logLines } from './log-lines.ts'
import { createProject, type Project } from './project.ts'

/** What a newcomer finds in this repository; nothing here is made for the tests. */
const CONFIG_DIR = resolve(import.meta.dirname, '../../config')
const CRD = join(CONFIG_DIR, 'crd/mydemo.yaml')
const SAMPLE = join(CONFIG_DIR, 'samples/mydemo.yaml')
const MYDEMO = { controller: 'mydemo' }
/** Of this controller: the config has others, with states of their own. */
const SYNCED = /\bmydemo\b[^\n]*Cache synced/
const WAITING = /\bmydemo\b[^\n]*WaitingForCRD/
const WITHIN = { timeout: 60_000, interval: 200 }

const SLOW = `
  export const reconcile = async ({ spec: { ip, port } }, context) => {
    context.log.info('slow began')
    await new Promise((resolve) => setTimeout(resolve, context.with.holdMs))
    context.log.info('slow ended')
    return { requeueAfter: '1h', status: { observed: { ip, port } } }
  }`

const STUCK = `
  export const reconcile = (_object, { log }) => {
    log.info('stuck began')
    return new Promise(() => {})
  }`

describe('The mydemo controller', () => {
  let controlPlane: ControlPlane
  let projects: Project[]

  beforeAll(async () => {
    controlPlane = await startControlPlane()
  })

  afterAll(() => controlPlane?.stop())

  beforeEach(() => {
    projects = []
  })

  afterEach(async () => {
    await Promise.all(projects.map((project) => project.remove()))
    await controlPlane.kubectl(['delete', '--ignore-not-found', '-f', CRD])
    await controlPlane.kubectl(['delete', 'events', '--all'])
  })

  /** A host of the repository's own config, with a log of its own. */
  function host(options: Partial<Omit<HostOptions, 'project'>> = {}): Promise<HostProcess> {
    const project = createProject()
    projects.push(project)
    const ownConfig = { ...project, config: join(CONFIG_DIR, 'ostler.yaml') }
    return startHost({ kubeconfig: controlPlane.kubeconfig, ...options, project: ownConfig })
  }

  const kubectl = (...args: string[]) => controlPlane.kubectl(args)
  const setPort = (name: string, port: number) =>
    kubectl('patch', 'mydemo', name, '--type', 'merge', '-p', JSON.stringify({ spec: { port } }))
  const observedPort = (name: string) => kubectl('get', 'mydemo', name, '-o', 'jsonpath={.status.observed.port}')
  const untilObserved = (name: string, port: number) =>
    vi.waitFor(async () => expect(await observedPort(name)).toBe(`${port}`), WITHIN)

  /** TYPE, REASON, OBJECT and MESSAGE, as `kubectl get events` shows them. */
  async function events(): Promise<string[]> {
    const text = await kubectl('get', 'events', '--no-headers')
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) =>
        line
          .split(/\s{2,}/)
          .slice(1)
          .join(' '),
      )
  }

  test('tells of an object from its creation to its end, having been started before the CRD', async () => {
    const proxy = await startFaultyProxy(controlPlane)
    const first = await startThroughProxy(proxy)
    await first.waitForLog(WAITING)
    await first.waitUntilReady()
    const { text } = await first.get('/readyz?verbose')
    expect(text).toContain('[+] mydemo WaitingForCRD: The API server does not serve "crddemo.k8s.io/v1/Mydemo" yet')
    expect(await first.metric('ostler_controller_state', { ...MYDEMO, state: 'WaitingForCRD' })).toBe(1)

    await kubectl('apply', '-f', CRD)
    await first.waitForLog(SYNCED)
    await vi.waitFor(async () => expect((await first.get('/readyz?verbose')).text).toContain('mydemo Running'), WITHIN)

    await kubectl('apply', '-f', SAMPLE)
    await untilObserved('example', 8080)
    expect(said(first)).toEqual([{ msg: 'Added', key: 'default/example', ip: '127.0.0.1', port: 8080 }])
    await vi.waitFor(
      async () => expect(await events()).toEqual(['Normal Synced mydemo/example Now serving 127.0.0.1:8080']),
      WITHIN,
    )

    await setPort('example', 9090)
    await untilObserved('example', 9090)
    expect(said(first)).toContainEqual({ msg: 'Port changed', key: 'default/example', from: 8080, to: 9090 })
    await vi.waitFor(
      async () => expect(await events()).toContain('Normal Synced mydemo/example Now serving 127.0.0.1:9090'),
      WITHIN,
    )
    expect(await first.stop()).toEqual({ code: 0, signal: null })

    // The memory of a new process is empty: that it has acted already is known by status.observed alone.
    const second = await startThroughProxy(proxy)
    await vi.waitFor(async () => expect(await succeeded(second)).toBe(1), WITHIN)
    expect(said(second)).toEqual([])
    expect(await events()).toHaveLength(2)

    const lists = () => proxy.count((request) => isList(request) && request.resource === 'mydemos')
    const listsBefore = lists()
    const expired = proxy.answerOnce(
      (request) => request.kind === 'watch' && request.resource === 'mydemos' && !isList(request),
      { code: 410, reason: 'Expired', asWatchEvent: true },
    )
    proxy.dropConnections()
    await expired
    await vi.waitFor(
      async () => expect(await second.metric('ostler_events_skipped_total', { reason: 'same-version' })).toBe(1),
      WITHIN,
    )
    expect(lists()).toBe(listsBefore + 1)
    expect(await succeeded(second)).toBe(1)

    await kubectl('delete', 'mydemo', 'example')
    await second.waitForLog(/"msg":"Deleted"/)
    expect(said(second)).toEqual([{ msg: 'Deleted', key: 'default/example', ip: '127.0.0.1', port: 9090 }])
    expect(await second.stop()).toEqual({ code: 0, signal: null })
    expect([...errors(first), ...errors(second)]).toEqual([])
    await proxy.close()
  })

  test('goes on by itself when its CRD is deleted and made again', async () => {
    await kubectl('apply', '-f', CRD)
    const running = await host()
    await running.waitForLog(SYNCED)
    await kubectl('apply', '-f', SAMPLE)
    await untilObserved('example', 8080)

    await kubectl('delete', '-f', CRD)
    await running.waitForLog(WAITING)
    expect(said(running)).toContainEqual({ msg: 'Deleted', key: 'default/example', ip: '127.0.0.1', port: 8080 })
    expect((await running.get('/readyz')).status).toBe(200)

    await kubectl('apply', '-f', CRD)
    await kubectl('wait', '--for', 'condition=Established', 'crd/mydemos.crddemo.k8s.io')
    await vi.waitFor(() => kubectl('apply', '-f', SAMPLE), WITHIN)
    await untilObserved('example', 8080)
    expect(said(running).map(({ msg }) => msg)).toEqual(['Added', 'Deleted', 'Added'])
  })

  test('is hosted by dev too, which says first which cluster it touches, and writes for people', async () => {
    const running = await host({ command: 'dev' })
    await running.waitForLog(WAITING)
    expect(running.log().split('\n')[0]).toContain(controlPlane.url)
    await kubectl('apply', '-f', CRD)
    await running.waitForLog(SYNCED)
    await kubectl('apply', '-f', SAMPLE)
    await running.waitForLog(/mydemo default\/example {2}Added {2}ip=127\.0\.0\.1 {2}port=8080\n/)
    await setPort('example', 9090)
    await running.waitForLog(/mydemo default\/example {2}Port changed {2}from=8080 {2}to=9090\n/)
    await kubectl('delete', 'mydemo', 'example')
    await running.waitForLog(/mydemo default\/example {2}Deleted {2}ip=127\.0\.0\.1 {2}port=9090\n/)
    expect(await running.stop('SIGINT')).toEqual({ code: 0, signal: null })
  })

  test('calls its handler once for each of twenty new objects, by two workers', async () => {
    await kubectl('apply', '-f', CRD)
    const running = await host()
    await running.waitForLog(SYNCED)
    expect(await running.metric('controller_runtime_max_concurrent_reconciles', MYDEMO)).toBe(2)
    const sample = readFileSync(SAMPLE, 'utf8')
    const names = Array.from({ length: 20 }, (_, index) => `demo-${index}`)
    await controlPlane.kubectl(['apply', '-f', '-'], names.map((name) => sample.replace('example', name)).join('---\n'))
    await Promise.all(names.map((name) => running.waitForLog(new RegExp(`default/${name}"[^\\n]*"Added"`), 60_000)))
    await untilObserved('demo-19', 8080)
    expect(said(running)).toHaveLength(20)
    expect(errors(running)).toEqual([])
  })

  test('at SIGTERM has the running calls finish, cuts off what never would, and exits with 0 in time', async () => {
    const project = createProject()
    projects.push(project)
    project.writeHandler('slow', SLOW)
    project.writeHandler('stuck', STUCK)
    const entry = { for: 'crddemo.k8s.io/v1/Mydemo', timeout: '10m' }
    project.writeConfig(
      ['slow', 'stuck'].map((name) => ({ ...entry, name, handler: `handlers/${name}.ts`, with: { holdMs: 5_000 } })),
    )
    await kubectl('apply', '-f', CRD)
    const running = await startHost({ project, kubeconfig: controlPlane.kubeconfig })
    await kubectl('apply', '-f', SAMPLE)
    await running.waitForLog(/"slow began"/)
    await running.waitForLog(/"stuck began"/)

    const askedAt = Date.now()
    expect(await running.stop()).toEqual({ code: 0, signal: null })
    // A pod is killed after 30 s.
    expect(Date.now() - askedAt).toBeLessThan(29_000)
    expect(running.log()).toContain('slow ended')
    // What it returned while the host was going down is written all the same.
    expect(await observedPort('example')).toBe('8080')
  })

  async function startThroughProxy(proxy: FaultyProxy): Promise<HostProcess> {
    const kubeconfig = join(controlPlane.dir, 'proxy.kubeconfig')
    proxy.writeKubeconfig(kubeconfig)
    return host({ kubeconfig })
  }
})

/** What the handler itself logged, without the fields that every line has. */
function said(host: HostProcess): { readonly msg: string }[] {
  return logLines(host.log()).flatMap(({ level, time, controller, ...line }) => (line.key === undefined ? [] : [line]))
}

function errors(host: HostProcess): LogLine[] {
  return logLines(host.log()).filter(({ level }) => level === 'error')
}

function succeeded(host: HostProcess): Promise<number> {
  return host.metric('controller_runtime_reconcile_total', { ...MYDEMO, result: 'success' })
}
