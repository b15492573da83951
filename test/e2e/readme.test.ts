import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { readDoc } from '../docs/repository.ts'
import { snippetsIn } from '../docs/snippets.ts'
import { startHost } from './host-process.ts'
import { createProject, type Project } from './project.ts'

const WITHIN = { timeout: 60_000, interval: 200 }

describe('The README', () => {
  let controlPlane: ControlPlane
  let project: Project

  beforeAll(async () => {
    controlPlane = await startControlPlane()
    project = createProject()
  })

  afterAll(async () => {
    await project?.remove()
    await controlPlane?.stop()
  })

  test('its first controller does what it says, as it stands there', async () => {
    for (const { file, text } of snippetsIn(readDoc('README.md'))) project.write(file, text)
    const host = await startHost({ project, kubeconfig: controlPlane.kubeconfig, command: 'dev' })
    await host.waitUntilReady()
    await controlPlane.kubectl(['create', 'configmap', 'world', '--from-literal=name=World'])
    const greeting = () => controlPlane.kubectl(['get', 'configmap', 'world', '-o', 'jsonpath={.data.greeting}'])
    await vi.waitFor(async () => expect(await greeting()).toBe('Hello, World!'), WITHIN)
    await host.waitForLog(/Greeted/)
    expect(await host.metric('ostler_guest_memory_bytes', { controller: 'greeter' })).toBeGreaterThan(1 << 20)
    expect(await host.stop()).toEqual({ code: 0, signal: null })
  })
})
