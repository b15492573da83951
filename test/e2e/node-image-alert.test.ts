import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { type HostProcess, startHost } from './host-process.ts'
import { type LogLine, logLines } from './log-lines.ts'
import { createProject, type Project } from './project.ts'

const REPOSITORY = resolve(import.meta.dirname, '../..')
const SAMPLE = join(REPOSITORY, 'config/samples/node.yaml')
const Mi = 2 ** 20
const SAMPLE_BYTES = 1200 * Mi
const WITHIN = { timeout: 60_000, interval: 200 }

describe('The node-image-alert controller', () => {
  let controlPlane: ControlPlane
  let project: Project

  beforeAll(async () => {
    controlPlane = await startControlPlane()
  })

  afterAll(() => controlPlane?.stop())

  beforeEach(() => {
    project = createProject()
  })

  afterEach(async () => {
    await project.remove()
    await controlPlane.kubectl(['delete', 'nodes', '--all'])
    await controlPlane.kubectl(['delete', 'events', '--all'])
  })

  const host = (config: string) => startHost({ project: { ...project, config }, kubeconfig: controlPlane.kubeconfig })

  /** As a kubelet does, which writes the status alone. */
  const setImages = (node: string, ...sizes: number[]) => {
    const images = sizes.map((sizeBytes, index) => ({ names: [`registry.example/image:${index}`], sizeBytes }))
    const patch = JSON.stringify({ status: { images } })
    return controlPlane.kubectl(['patch', 'node', node, '--subresource=status', '--type=merge', '-p', patch])
  }

  async function memory(node: string, controller = 'node-image-alert'): Promise<unknown> {
    const { metadata } = JSON.parse(await controlPlane.kubectl(['get', 'node', node, '-o', 'json']))
    return JSON.parse(metadata.annotations?.[`ostler.dev/${controller}`] ?? 'null')
  }

  const untilReported = (node: string, figures: object, controller?: string) =>
    vi.waitFor(async () => expect(await memory(node, controller)).toEqual(figures), WITHIN)

  async function warnings(): Promise<string[]> {
    type Event = { type: string; reason: string; message: string; involvedObject: { kind: string; name: string } }
    const { items } = JSON.parse(await controlPlane.kubectl(['get', 'events', '-o', 'json'])) as { items: Event[] }
    return items.map(({ type, reason, message, involvedObject: { kind, name } }) =>
      [type, reason, `${kind}/${name}`, message].join(' '),
    )
  }

  test('warns of a change once, also when its host starts anew, and looks again without a change', async () => {
    const first = await host(join(REPOSITORY, 'config/ostler.yaml'))
    await first.waitUntilReady()
    await controlPlane.kubectl(['apply', '-f', SAMPLE])
    await untilReported('example', { new: SAMPLE_BYTES })

    await setImages('example', SAMPLE_BYTES, 400 * Mi)
    await setImages('example', SAMPLE_BYTES, 400 * Mi, 200 * Mi)
    await untilReported('example', { old: SAMPLE_BYTES, new: 1800 * Mi })
    const warning = 'Warning ImageStorageChanged Node/example Images take 1.8Gi, 600Mi more than 1.2Gi'
    await vi.waitFor(async () => expect(await warnings()).toEqual([warning]), WITHIN)
    await vi.waitFor(() => expect(totals(first)).toHaveLength(2), WITHIN)
    expect(totals(first).at(-1)).toMatchObject({ nodes: 1, bytes: 1800 * Mi, labelSelector: 'kubernetes.io/os=linux' })
    expect(await first.stop()).toEqual({ code: 0, signal: null })

    const second = await host(join(REPOSITORY, 'config/ostler.yaml'))
    await vi.waitFor(async () => expect(await succeeded(second)).toBe(1), WITHIN)
    expect(await warnings()).toHaveLength(1)

    // Only a resync finds this: the entry has the handler run for a changed status alone.
    await controlPlane.kubectl(['annotate', 'node', 'example', 'ostler.dev/node-image-alert-'])
    await untilReported('example', { new: 1800 * Mi })
    expect(await warnings()).toHaveLength(1)
    expect([...errors(first), ...errors(second)]).toEqual([])
  })

  test('serves two entries at once, each with a threshold and a selector of its own', async () => {
    project.writeHandler('node-image-alert', readFileSync(join(REPOSITORY, 'handlers/node-image-alert.ts'), 'utf8'))
    const entry = (name: string, settings: object) => ({
      name,
      for: 'v1/Node',
      handler: 'handlers/node-image-alert.ts',
      with: settings,
      allow: [{ for: 'v1/Node', verbs: ['patch'] }],
    })
    project.writeConfig([
      entry('coarse', { threshold: '1Gi' }),
      entry('fine', { threshold: '10Mi', selector: { fieldSelector: 'spec.unschedulable=true' } }),
    ])
    for (const name of ['a', 'b', 'c']) await createNode(name)
    await controlPlane.kubectl(['cordon', 'a', 'b'])

    const running = await host(project.config)
    for (const name of ['a', 'b', 'c']) await untilReported(name, { new: 100 * Mi }, 'coarse')
    for (const name of ['a', 'b', 'c']) await untilReported(name, { new: 100 * Mi }, 'fine')
    await setImages('a', 150 * Mi)
    await untilReported('a', { old: 100 * Mi, new: 150 * Mi }, 'fine')
    await vi.waitFor(async () => expect(await warnings()).toHaveLength(1), WITHIN)
    await vi.waitFor(() => expect(totals(running, 'fine').at(-1)).toMatchObject({ nodes: 2, bytes: 250 * Mi }), WITHIN)
    expect(await memory('a', 'coarse')).toEqual({ new: 100 * Mi })
    expect(totals(running, 'coarse').at(-1)).toMatchObject({ nodes: 3, bytes: 300 * Mi })
    expect(errors(running)).toEqual([])
  })

  async function createNode(name: string): Promise<void> {
    const node = { metadata: { name }, status: { images: [{ names: [`${name}:1`], sizeBytes: 100 * Mi }] } }
    expect(await controlPlane.request('POST', '/api/v1/nodes', node)).toMatchObject({ status: 201 })
  }
})

function totals(host: HostProcess, controller = 'node-image-alert'): LogLine[] {
  const isTotal = (line: LogLine) => line.msg === 'Image storage of the selected nodes'
  return logLines(host.log()).filter((line) => isTotal(line) && line.controller === controller)
}

function errors(host: HostProcess): LogLine[] {
  return logLines(host.log()).filter(({ level }) => level === 'error')
}

function succeeded(host: HostProcess): Promise<number> {
  return host.metric('controller_runtime_reconcile_total', { controller: 'node-image-alert', result: 'success' })
}
