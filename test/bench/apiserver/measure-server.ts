import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ApiClient, createApiClient } from '../../control-plane/api-client.ts'
import type { ServerName } from '../../control-plane/assets.ts'
import { type ControlPlane, startControlPlane } from '../../control-plane/control-plane.ts'
import { openWatches } from './watch-clients.ts'

/** What one server did in one round. */
export interface Measured {
  /** From the start of the process until /readyz is 200, its state being there already. */
  readonly readyMs: number
  readonly residentBytesPerObject: number
  readonly createsPerSecondOneAtATime: number
  readonly createsPerSecond20AtOnce: number
  readonly listOfAllMs: number
  readonly watchEventsPerSecondTo1: number
  /** Of all of them together. */
  readonly watchEventsPerSecondTo100: number
}

const NAMESPACE = '/api/v1/namespaces/default/configmaps'
const PROGRAMS: Readonly<Record<ServerName, string>> = { embedded: 'embedded-server.ts', real: 'kube-apiserver' }

/** Starts a server, measures it, ends it. */
export async function measureServer(server: ServerName, objects: number): Promise<Measured> {
  const plane = await startControlPlane({ server, users: [] })
  const client = createApiClient({ url: plane.url, token: plane.token })
  try {
    const readyMs = await measureReady(plane, client)
    // Code that has not been compiled yet is no measure of what follows.
    await createMany(client, 'warm', Math.min(objects, 500), 20)
    const residentBefore = await settledResidentBytes(plane, server)
    const oneAtATime = await createMany(client, 'one', Math.ceil(objects / 10), 1)
    const atOnce = await createMany(client, 'all', objects - Math.ceil(objects / 10), 20)
    const residentBytesPerObject = ((await settledResidentBytes(plane, server)) - residentBefore) / objects
    return rounded({
      readyMs,
      residentBytesPerObject,
      createsPerSecondOneAtATime: oneAtATime,
      createsPerSecond20AtOnce: atOnce,
      listOfAllMs: await measureList(client),
      watchEventsPerSecondTo1: await measureWatches(plane, client, 1),
      watchEventsPerSecondTo100: await measureWatches(plane, client, 100),
    })
  } finally {
    client.close()
    await plane.stop()
  }
}

function rounded(measured: Measured): Measured {
  return Object.fromEntries(Object.entries(measured).map(([name, value]) => [name, Math.round(value)])) as never
}

/** Of a second start, so that neither makes its keys and first objects. */
async function measureReady(plane: ControlPlane, client: ApiClient): Promise<number> {
  await plane.kill('SIGTERM')
  const start = performance.now()
  const started = plane.start()
  for (;;) {
    const answer = await client.request('GET', '/readyz').catch(() => undefined)
    if (answer?.status === 200) break
    await sleep(5)
  }
  const readyMs = performance.now() - start
  await started
  return readyMs
}

/** Objects a second. */
async function createMany(client: ApiClient, prefix: string, count: number, parallel: number): Promise<number> {
  const start = performance.now()
  let next = 0
  const work = async () => {
    while (next < count) await create(client, `${prefix}-${next++}`)
  }
  await Promise.all(Array.from({ length: parallel }, work))
  return (count * 1000) / (performance.now() - start)
}

async function create(client: ApiClient, name: string): Promise<void> {
  const data = { payload: `${name} `.padEnd(1024, 'abcdefghij ') }
  const { status, body } = await client.request('POST', NAMESPACE, { metadata: { name }, data })
  if (status !== 201) throw new Error(`Cannot create "${name}": ${status} ${JSON.stringify(body)}`)
}

async function measureList(client: ApiClient): Promise<number> {
  const start = performance.now()
  const { status } = await client.request('GET', NAMESPACE)
  if (status !== 200) throw new Error(`Cannot list: ${status}`)
  return performance.now() - start
}

/** Events a second that arrive with all clients together, of updates made as fast as they are answered. */
async function measureWatches(plane: ControlPlane, client: ApiClient, watchers: number): Promise<number> {
  const updates = Math.ceil(20_000 / (watchers + 19))
  const { body } = await client.request('GET', `${NAMESPACE}?limit=1`)
  const { resourceVersion } = (body as { metadata: { resourceVersion: string } }).metadata
  const query = `${NAMESPACE}?watch=true&resourceVersion=${resourceVersion}`
  const watches = await openWatches({ url: plane.url, token: plane.token, path: query, count: watchers })
  const start = performance.now()
  const arrived = watches.received(updates)
  await createMany(client, `watched-by-${watchers}`, updates, 20)
  await arrived
  const elapsedMs = performance.now() - start
  watches.close()
  return (updates * watchers * 1000) / elapsedMs
}

/** Once it is the same for a second, or after ten. */
async function settledResidentBytes(plane: ControlPlane, server: ServerName): Promise<number> {
  const pid = findProcess(plane.dir, PROGRAMS[server])
  let before = 0
  for (let second = 0; second < 10; second++) {
    const now = residentBytes(pid)
    if (Math.abs(now - before) < 1024 * 1024) return now
    before = now
    await sleep(1000)
  }
  return before
}

/** The one whose command line has the folder and the program. */
function findProcess(dir: string, program: string): string {
  const found = readdirSync('/proc').find((pid) => /^\d+$/.test(pid) && runs(pid, dir, program))
  if (found === undefined) throw new Error(`No process runs ${program} in ${dir}`)
  return found
}

function runs(pid: string, dir: string, program: string): boolean {
  try {
    const [command = '', ...args] = readFileSync(join('/proc', pid, 'cmdline'), 'utf8').split('\0')
    const isIt = [command, ...args.slice(0, 3)].some((each) => each.endsWith(`/${program}`))
    return isIt && args.some((each) => each.includes(dir))
  } catch {
    return false
  }
}

function residentBytes(pid: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024
}
