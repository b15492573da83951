import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { AuditEvent } from '../control-plane/audit-log.ts'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { startWatchdog } from '../control-plane/watchdog.ts'
import { assembleImage } from '../image/assemble.ts'
import { describeInPod } from '../image/describe-in-pod.ts'
import { repository } from '../image/dockerfile.ts'
import { DEPLOY_DIR, findManifest, type Manifest, renderDeploy } from '../image/manifests.ts'
import { makeRoot } from '../image/namespaces.ts'
import { type Pod, type PodOptions, startPod } from '../image/pod.ts'
import { createToken, serviceAccountFiles, tokenId, userNameOf } from '../image/service-account.ts'
import { type LogLine, logLines } from './log-lines.ts'

const CRD = join(repository, 'config/crd/mydemo.yaml')
const SAMPLE = readFileSync(join(repository, 'config/samples/mydemo.yaml'), 'utf8')
const WITHIN = { timeout: 60_000, interval: 200 }
const ACCOUNT = { namespace: 'ostler', name: 'ostler' }

describeInPod('The image, as a pod of config/deploy', () => {
  let controlPlane: ControlPlane
  let manifests: Manifest[]
  let stateDir: string
  let cleanUp: () => Promise<void>
  let firstToken: string
  let pod: Pod

  beforeAll(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'ostler-pod-'))
    cleanUp = startWatchdog(stateDir)
    const dist = join(stateDir, 'dist')
    await promisify(execFile)(process.execPath, [join(repository, '.ci/build.ts'), dist])
    makeRoot(join(stateDir, 'root'))
    assembleImage(join(stateDir, 'root'), { dist })
    controlPlane = await startControlPlane({ audit: true })
    manifests = await renderDeploy(controlPlane)
    await kubectl('create', 'namespace', ACCOUNT.namespace)
    await kubectl('apply', '-k', DEPLOY_DIR)
    firstToken = await createBoundToken('first-pod')
    pod = await startPod(podOptions())
  })

  afterAll(async () => {
    await cleanUp?.()
    await controlPlane?.stop()
  })

  test('is alive and ready as its probes see it, before the kind exists', async () => {
    await vi.waitFor(async () => expect(await pod.probe('livenessProbe')).toBe(200), WITHIN)
    await vi.waitFor(async () => expect(await pod.probe('readinessProbe')).toBe(200), WITHIN)
    expect(await pod.healthCheck()).toEqual({ code: 0, output: '' })
    expect(pod.log()).toContain(`in-cluster service account, ${controlPlane.url}`)
  })

  test('reconciles, with its guests, their reaper and the bundler at work as an ordinary user', async () => {
    await kubectl('apply', '-f', CRD)
    await createDemo('first')
    await vi.waitFor(async () => expect(await observedPort('first')).toBe('8080'), WITHIN)
    expect(await kubectl('get', 'events', '-o', 'jsonpath={.items[*].reason}')).toContain('Synced')
    const processes = pod.processes()
    expect(processes.map(({ name }) => name)).toEqual(expect.arrayContaining(['sh', 'esbuild']))
    // The host, a guest and a spare.
    expect(processes.filter(({ name }) => name === processes[0]?.name).length).toBeGreaterThanOrEqual(3)
    const rights = processes.map(({ pid }) => rightsOf(pid))
    expect(rights).toEqual(processes.map(() => ({ capabilities: 0, noNewPrivileges: 1 })))
    expect(writablePlaces(processes[0]?.pid ?? 0)).toEqual(['/tmp'])
    expect(errors()).toEqual([])
    expect(pod.log()).not.toMatch(/EROFS|EACCES|EPERM|ENOSPC|Cannot start/)
  })

  test('starts a guest anew when one is killed', async () => {
    const deaths = async () => (await pod.get('/metrics')).text.match(/^ostler_guest_deaths_total\{.*\} (\d+)$/gm) ?? []
    const [host, ...others] = pod.processes()
    const before = (await deaths()).join()
    for (const { pid, name } of others) if (name === host?.name) process.kill(pid, 'SIGKILL')
    await vi.waitFor(async () => expect((await deaths()).join()).not.toBe(before), WITHIN)
    await createDemo('second')
    await vi.waitFor(async () => expect(await observedPort('second')).toBe('8080'), WITHIN)
  })

  test('takes over a handler that a changed ConfigMap brings', async () => {
    const text = findManifest(manifests, 'ConfigMap', 'ostler-handlers').data?.['mydemo.ts'] ?? ''
    pod.configMaps
      .get('ostler-handlers')
      ?.write({ 'mydemo.ts': text.replace("'Added'", "'Added by the next version'") })
    await vi.waitFor(async () => {
      await createDemo(`third-${Date.now()}`)
      expect(pod.log()).toContain('"Added by the next version"')
    }, WITHIN)
    const config = findManifest(manifests, 'ConfigMap', 'ostler-config').data?.['ostler.yaml'] ?? ''
    pod.configMaps.get('ostler-config')?.write({ 'ostler.yaml': config.replace('concurrency: 2', 'concurrency: 3') })
    await vi.waitFor(async () => {
      const { text } = await pod.get('/metrics')
      expect(text).toMatch(/^controller_runtime_max_concurrent_reconciles\{.*\} 3$/m)
    }, WITHIN)
  })

  test('goes on with the token that the kubelet puts in place of one that no longer holds', async () => {
    const secondToken = await createBoundToken('second-pod')
    pod.serviceAccount.write(serviceAccountFiles(controlPlane, secondToken, ACCOUNT.namespace))
    await kubectl('delete', 'secret', '-n', ACCOUNT.namespace, 'first-pod')
    await vi.waitFor(async () => expect(await status(firstToken)).toBe(401), WITHIN)
    await createDemo('fourth')
    await vi.waitFor(async () => expect(await observedPort('fourth')).toBe('8080'), WITHIN)
    const writes = (await requests()).filter(({ objectRef }) => objectRef?.subresource === 'status')
    expect(idsOf(writes.filter(({ objectRef }) => objectRef?.name === 'first'))).toEqual([tokenId(firstToken)])
    expect(idsOf(writes.filter(({ objectRef }) => objectRef?.name === 'fourth'))).toEqual([tokenId(secondToken)])
  })

  test('stops at SIGTERM with 0, leaving no process', async () => {
    const processes = pod.processes()
    pod.signal('SIGTERM')
    expect(await pod.exited()).toEqual({ code: 0, signal: null })
    expect(pod.log()).toContain('"Stopped"')
    expect(processes.filter(({ pid }) => isAlive(pid))).toEqual([])
    expect((await pod.healthCheck()).code).toBe(1)
  })

  test('goes with whoever started it, so that a test that fails leaves nothing behind', async () => {
    pod = await startPod({ ...podOptions(), stateDir: join(stateDir, 'second') })
    await vi.waitFor(async () => expect(await pod.probe('livenessProbe')).toBe(200), WITHIN)
    const processes = pod.processes()
    expect(await pod.kill()).toEqual({ code: null, signal: 'SIGKILL' })
    await vi.waitFor(() => expect(processes.filter(({ pid }) => isAlive(pid))).toEqual([]), WITHIN)
  })

  test('was refused nothing by the API server but a look at CRDs, which it can do without', async () => {
    const refused = (await requests()).filter(({ responseStatus }) => responseStatus?.code === 403)
    expect(refused.filter(({ objectRef }) => objectRef?.resource !== 'customresourcedefinitions')).toEqual([])
  })

  const kubectl = (...args: string[]) => controlPlane.kubectl(args)
  const createDemo = (name: string) => controlPlane.kubectl(['apply', '-f', '-'], SAMPLE.replace('example', name))
  const observedPort = (name: string) => kubectl('get', 'mydemo', name, '-o', 'jsonpath={.status.observed.port}')

  function podOptions(): PodOptions {
    const serviceAccount = serviceAccountFiles(controlPlane, firstToken, ACCOUNT.namespace)
    return { stateDir, root: join(stateDir, 'root'), manifests, controlPlane, serviceAccount }
  }

  async function createBoundToken(secret: string): Promise<string> {
    await kubectl('create', 'secret', 'generic', '-n', ACCOUNT.namespace, secret)
    return createToken(controlPlane, ACCOUNT, secret)
  }

  function errors(): LogLine[] {
    return logLines(pod.log()).filter(({ level }) => level === 'error')
  }

  async function requests(): Promise<AuditEvent[]> {
    return (await controlPlane.auditEvents()).filter(({ user }) => user.username === userNameOf(ACCOUNT))
  }

  /** What the API server answers to a bearer of this token. */
  async function status(token: string): Promise<number> {
    const { ca } = controlPlane
    const agent = new Agent({ connect: { ca } })
    const response = await request(`${controlPlane.url}/api`, {
      dispatcher: agent,
      headers: { authorization: `Bearer ${token}` },
    })
    await response.body.dump()
    await agent.close()
    return response.statusCode
  }
})

/** The names of the tokens that requests bore. */
function idsOf(events: readonly AuditEvent[]): string[] {
  const ids = events.flatMap(({ user }) => user.extra?.['authentication.kubernetes.io/credential-id'] ?? [])
  return [...new Set(ids)]
}

function rightsOf(pid: number): { capabilities: number; noNewPrivileges: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string, radix: number) =>
    Number.parseInt(new RegExp(`^${name}:\\s+(\\w+)$`, 'm').exec(text)?.[1] ?? '', radix)
  return { capabilities: field('CapEff', 16), noNewPrivileges: field('NoNewPrivs', 10) }
}

/** Where a process could write if permissions let it, /proc and the harmless devices aside. */
function writablePlaces(pid: number): string[] {
  const mounts = readFileSync(`/proc/${pid}/mounts`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
  const writable = mounts.filter(([, , , flags]) => flags?.split(',').includes('rw')).map(([, place = '']) => place)
  return writable.filter((place) => place !== '/proc' && !place.startsWith('/dev/'))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
