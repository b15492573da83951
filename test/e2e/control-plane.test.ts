import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { startFaultyProxy } from '../control-plane/faulty-proxy.ts'
import { countReads } from '../control-plane/oracle.ts'
import { isList } from '../control-plane/proxied-request.ts'

const configMap = (name: string) => ({ metadata: { name }, data: { a: '1' } })
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'

describe('startControlPlane()', () => {
  let controlPlane: ControlPlane

  beforeAll(async () => {
    controlPlane = await startControlPlane({
      audit: { level: 'RequestResponse', resources: [{ group: '', resources: ['configmaps'] }] },
    })
  })

  afterAll(() => controlPlane?.stop())

  test('kubectl() applies what it gets on stdin and throws what kubectl says', async () => {
    const text = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', ...configMap('by-kubectl') })
    await controlPlane.kubectl(['apply', '-f', '-'], text)
    const value = await controlPlane.kubectl(['get', 'configmap', 'by-kubectl', '-o', 'jsonpath={.data.a}'])
    expect(value).toBe('1')
    await expect(controlPlane.kubectl(['get', 'configmap', 'absent'])).rejects.toThrow('"absent" not found')
  })

  test('kubeconfigFor() a restricted user is refused until grant() allows it', async () => {
    const get = () =>
      controlPlane.kubectl(['--kubeconfig', controlPlane.kubeconfigFor('restricted'), 'get', 'configmaps'])
    await expect(get()).rejects.toThrow('forbidden')
    await controlPlane.grant('restricted', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }], 'default')
    await vi.waitFor(get, { timeout: 10_000, interval: 200 })
  })

  test('auditEvents() hold the bodies of chosen resources, and who asked', async () => {
    await controlPlane.request('POST', CONFIG_MAPS, configMap('audited'))
    const events = await controlPlane.auditEvents()
    const event = events.find(({ verb, objectRef }) => verb === 'create' && objectRef?.name === 'audited')
    expect(event).toMatchObject({
      user: { username: 'admin' },
      responseStatus: { code: 201 },
      requestObject: { data: { a: '1' } },
    })
  })

  test('a request through a faulty proxy is counted there and by the audit log alike', async () => {
    const proxy = await startFaultyProxy(controlPlane)
    const kubeconfig = join(controlPlane.dir, 'proxy.kubeconfig')
    proxy.writeKubeconfig(kubeconfig)
    const from = Date.now()
    const names = await controlPlane.kubectl(['--kubeconfig', kubeconfig, 'get', 'configmaps', '-o', 'name'])
    expect(names).toContain('configmap/audited')
    expect(proxy.count((request) => isList(request) && request.resource === 'configmaps')).toBe(1)
    expect(countReads(await controlPlane.auditEvents(), { resource: 'configmaps', user: 'admin', from })).toEqual({
      lists: 1,
      watches: 0,
    })
    await proxy.close()
  })

  test('restart() after SIGKILL keeps the data and the audit log, and compact() expires old resourceVersions', async () => {
    const { body } = await controlPlane.request('POST', CONFIG_MAPS, configMap('survivor'))
    const { resourceVersion } = (body as { metadata: { resourceVersion: string } }).metadata
    await controlPlane.request('PATCH', `${CONFIG_MAPS}/survivor`, { data: { a: '2' } })
    await controlPlane.kill('SIGKILL')
    await expect(controlPlane.request('GET', '/readyz')).rejects.toThrow()
    await controlPlane.compact()
    await controlPlane.start()
    expect((await controlPlane.request('GET', `${CONFIG_MAPS}/survivor`)).status).toBe(200)
    const watch = await controlPlane.request(
      'GET',
      `${CONFIG_MAPS}?watch=1&timeoutSeconds=2&resourceVersion=${resourceVersion}`,
    )
    expect(JSON.stringify(watch)).toContain('410')
    expect((await controlPlane.auditEvents()).some(({ objectRef }) => objectRef?.name === 'audited')).toBe(true)
  })

  test('a test process that is killed leaves no server and no folder behind', async () => {
    const script = `
      const { startControlPlane } = await import(${JSON.stringify(import.meta.resolve('../control-plane/control-plane.ts'))})
      console.log(JSON.stringify(await startControlPlane()))
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await child.stdout.take(1).toArray()) as Buffer[]
    const { dir, url } = JSON.parse(String(line)) as { dir: string; url: string }
    child.kill('SIGKILL')
    await vi.waitFor(() => expect(existsSync(dir)).toBe(false), { timeout: 10_000, interval: 100 })
    // A connection that the dying server had taken is reset; the next one finds nobody.
    await vi.waitFor(() => expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } }), {
      timeout: 10_000,
    })
  })
})
