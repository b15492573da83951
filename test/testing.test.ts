import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestHost } from 'ostler/testing'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

let dir: string

/** Sockets, processes and watched files of this process. */
const openHandles = () =>
  process.getActiveResourcesInfo().filter((name) => /TCP|Process|FSEvent|FSWatcher/.test(name)).length
const handlesAtStart = openHandles()

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ostler-testing-'))
  mkdirSync(join(dir, 'handlers'))
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }')
})

afterEach(() => rmSync(dir, { recursive: true, force: true }))

function writeHandler(name: string, body: string): void {
  const text = `export const reconcile = async (object, context) => {\n${body}\n}\n`
  writeFileSync(join(dir, 'handlers', `${name}.ts`), text)
}

const entry = (name: string, kind: string) => ({ name, for: kind, handler: `handlers/${name}.ts` })
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })
const secret = (name: string) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name } })

test('startTestHost() hosts several controllers, and idle() waits for the work of all', async () => {
  for (const name of ['maps', 'secrets'])
    writeHandler(name, `if (object.metadata.name === 'mine') context.event('Normal', 'Seen', '${name}')`)
  const controllers = [entry('maps', 'v1/ConfigMap'), entry('secrets', 'v1/Secret')]
  await using host = await startTestHost({ controllers, dir })
  await host.apply(configMap('mine'))
  await host.apply(secret('mine'))
  await host.idle()
  expect(host.events.map(({ controller, note }) => [controller, note]).sort()).toEqual([
    ['maps', 'maps'],
    ['secrets', 'secrets'],
  ])
})

test('TestHost.idle() throws what is still to be done when it takes too long', async () => {
  writeHandler('slow', `if (object.metadata.name === 'held') await new Promise((done) => setTimeout(done, 600_000))`)
  await using host = await startTestHost({ controllers: [entry('slow', 'v1/ConfigMap')], dir })
  await host.apply(configMap('held'))
  await expect(host.idle(500)).rejects.toThrow(/^The host is not idle after 500 ms: .*slow/)
})

test('TestHost.get() and delete() follow an object to its end', async () => {
  writeHandler('idle', '')
  await using host = await startTestHost({ controllers: [entry('idle', 'v1/ConfigMap')], dir })
  await host.apply(configMap('brief'))
  expect(await host.get(configMap('brief'))).toMatchObject(configMap('brief'))
  await host.delete(configMap('brief'))
  expect(await host.get(configMap('brief'))).toBeUndefined()
})

test('TestHost.close() leaves no server, no process and no file behind', async () => {
  writeHandler('idle', '')
  // What the hosts of earlier tests had may take a moment to go.
  await expect.poll(openHandles, { timeout: 5000 }).toBeLessThanOrEqual(handlesAtStart)
  const host = await startTestHost({ controllers: [entry('idle', 'v1/ConfigMap')], dir })
  expect(openHandles()).toBeGreaterThan(handlesAtStart)
  await host.apply(configMap('one'))
  await host.idle()
  await host.close()
  expect(existsSync(host.kubeconfig)).toBe(false)
  await expect.poll(openHandles, { timeout: 5000 }).toBeLessThanOrEqual(handlesAtStart)
})

test('startTestHost() with a CustomResourceDefinition that is refused names its place, and leaves nothing behind', async () => {
  writeHandler('idle', '')
  writeFileSync(join(dir, 'crd.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: Bad }\n')
  const starting = startTestHost({ controllers: [entry('idle', 'v1/ConfigMap')], crds: ['crd.yaml'], dir })
  await expect(starting).rejects.toThrow(/Cannot apply ConfigMap "Bad": .*\(.*crd\.yaml:1\)/)
  await expect.poll(openHandles, { timeout: 5000 }).toBeLessThanOrEqual(handlesAtStart)
})

test('startTestHost() without onLog says on stderr why a handler failed', async () => {
  writeHandler('failing', `if (object.metadata.name === 'mine') throw new Error('out of luck')`)
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    await using host = await startTestHost({ controllers: [entry('failing', 'v1/ConfigMap')], dir })
    await host.apply(configMap('mine'))
    const printed = () => written.mock.calls.join()
    await expect.poll(printed, { timeout: 10_000 }).toMatch(/error +failing default\/mine .*out of luck/)
    expect(printed()).not.toMatch(/info/)
  } finally {
    written.mockRestore()
  }
})
