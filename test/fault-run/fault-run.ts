import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadConfig } from '../../runtime/config/load.ts'
import { type Host, startHost } from '../../runtime/host.ts'
import { loadKubeConfig } from '../../runtime/kube/kubeconfig.ts'
import { createLogger } from '../../runtime/observe/log.ts'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { findLoopbackPort } from '../control-plane/loopback-port.ts'
import { sumSamples } from '../e2e/metrics-text.ts'
import { crdFixture, createProject, handlerFixture, type Project } from '../e2e/project.ts'
import { createFastClock, type FastClock } from './fast-clock.ts'
import { script } from './faults.ts'
import { isUpToDate, judgeRun, type Verdict } from './judge.ts'
import { type MisbehavingProxy, startMisbehavingProxy } from './misbehaving-proxy.ts'
import { createRunObjects, NAMESPACES, OBJECTS, type RunObjects } from './objects.ts'
import { createSeededRandom } from './seeded-random.ts'

export interface FaultRunOptions {
  readonly seed: number
  /** Changes and faults together. */
  readonly count: number
  /** Where the host's log goes; default: a folder that goes with this process. */
  readonly log?: string
}

export interface FaultRunReport {
  readonly seed: number
  /** By name, what happened; `refused`: changes that the API server did not take, such as to an object that is going. */
  readonly changes: Readonly<Record<string, number>>
  readonly faults: Readonly<Record<string, number>>
  readonly seconds: number
  /** From the last change and fault until every status was right; undefined: not within CONVERGE_MS. */
  readonly convergedSeconds: number | undefined
  /** Failed attempts that the host counted, and answers of 500, which alone may be counted. */
  readonly countedAttempts: number
  readonly countable: number
  readonly relists: number
  readonly parked: unknown
  readonly ready: number
  readonly verdict: Verdict
  /** Empty after a good run. */
  readonly problems: readonly string[]
}

/** The host's limits of minutes are met in seconds: a watch is silent for 6 s, not 150 s, before it is opened anew. */
const SPEED = 25
const CONVERGE_MS = 60_000
/** A change takes at least this long: on a fast API server the changes would be over before most watches had failed once. */
const CHANGE_MS = 20
/** So many 500 in a row that an object can meet (misbehaving-proxy.ts), and some: who is parked before that was so by mistake. */
const MAX_ATTEMPTS = 6

const USER = 'host'
/** The copier's namespaces without the keeper's finalizer are those where a name comes back at once. */
const CONTROLLERS = { keeper: NAMESPACES.slice(0, 2), copier: NAMESPACES }

/** Runs a host against an API server behind a proxy that misbehaves as the seed says, then judges it. */
export async function runFaults({ seed, count, log }: FaultRunOptions): Promise<FaultRunReport> {
  const controlPlane = await startControlPlane({ users: [USER], audit: AUDIT })
  const project = createProject()
  const startedMs = Date.now()
  let proxy: MisbehavingProxy | undefined
  let host: Host | undefined
  try {
    const objects = await prepare(controlPlane)
    writeProject(project)
    proxy = await startProxy(controlPlane, project)
    const clock = createFastClock()
    host = await startHostBehind(proxy, project, clock, log)
    await untilConverged(objects)
    clock.speedUp(SPEED)
    const changes = await misbehave(proxy, objects, seed, count)
    await proxy.calm()
    const calmMs = Date.now()
    const converged = await untilConverged(objects)
    const convergedSeconds = converged ? (Date.now() - calmMs) / 1000 : undefined
    const seconds = (Date.now() - startedMs) / 1000
    const found = await lookAt(host, controlPlane, objects)
    const faults = Object.fromEntries([...proxy.struck].sort())
    const countable = faults['exchange.internal'] ?? 0
    const report = { seed, changes, faults, seconds, convergedSeconds, countable, ...found }
    return { ...report, problems: problemsOf(report) }
  } finally {
    await host?.stop(1_000)
    await proxy?.close()
    await project.remove()
    await controlPlane.stop()
  }
}

const AUDIT = {
  level: 'RequestResponse',
  resources: [{ group: 'e2e.example.com', resources: ['trials/status'] }],
} as const

async function prepare(controlPlane: ControlPlane): Promise<RunObjects> {
  await controlPlane.kubectl(['apply', '-f', crdFixture('trial')])
  await controlPlane.kubectl(['wait', '--for=condition=Established', 'crd/trials.e2e.example.com'])
  await controlPlane.grant(USER, [
    { apiGroups: ['e2e.example.com'], resources: ['trials', 'trials/status'], verbs: ['*'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['*'] },
  ])
  const objects = createRunObjects(controlPlane)
  await objects.createAll()
  return objects
}

function writeProject(project: Project): void {
  const common = {
    for: 'e2e.example.com/v1/Trial',
    // The handlers do not take long; on a clock that runs fast a busy machine would look as if they did.
    timeout: '20m',
    retry: { maxAttempts: MAX_ATTEMPTS },
  }
  const allow = [{ for: 'v1/ConfigMap', verbs: ['create', 'patch'] }]
  project.writeConfig([
    { ...common, name: 'keeper', handler: 'handlers/keeper.ts', namespaces: CONTROLLERS.keeper, on: ['spec'] },
    {
      ...common,
      name: 'copier',
      handler: 'handlers/copier.ts',
      namespaces: CONTROLLERS.copier,
      owns: ['v1/ConfigMap'],
      allow,
    },
  ])
  for (const name of ['keeper', 'copier']) project.writeHandler(name, handlerFixture(name))
}

function startProxy(controlPlane: ControlPlane, { stateDir }: Project): Promise<MisbehavingProxy> {
  return startMisbehavingProxy({
    target: { url: controlPlane.url, token: controlPlane.tokenFor(USER) },
    dir: stateDir,
    resources: new Set(['trials', 'configmaps']),
    paged: new Set(NAMESPACES.filter((_, index) => index % 2 === 1)),
    speed: SPEED,
    pageLimit: 7,
  })
}

async function startHostBehind(
  { kubeconfig }: MisbehavingProxy,
  project: Project,
  clock: FastClock,
  log = join(project.stateDir, 'host.log'),
): Promise<Host> {
  return startHost({
    config: await loadConfig({ file: project.config, cwd: project.dir }),
    kubeConfig: loadKubeConfig({ kubeconfig, env: {}, homeDir: project.dir }),
    log: createLogger({ format: 'json', out: createWriteStream(log) }),
    listen: `127.0.0.1:${await findLoopbackPort()}`,
    watch: false,
    clock,
  })
}

/** Takes steps until so many changes and faults have happened; a fault that meets no request is not counted. */
async function misbehave(
  proxy: MisbehavingProxy,
  objects: RunObjects,
  seed: number,
  count: number,
): Promise<Record<string, number>> {
  const changes: Record<string, number> = {}
  let done = 0
  for (const step of script(createSeededRandom(seed), OBJECTS)) {
    if (done + sum(proxy.struck.values()) >= count) return changes
    if (step.does === 'change') {
      const [isTaken] = await Promise.all([objects.change(step.kind, step.object, step.draw), sleep(CHANGE_MS)])
      const name = isTaken ? step.kind : 'refused'
      changes[name] = (changes[name] ?? 0) + 1
      done += name === 'refused' ? 0 : 1
    } else if (!proxy.arm(step.fault)) await sleep(1)
  }
  return changes
}

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, number) => total + number, 0)

async function untilConverged(objects: RunObjects): Promise<boolean> {
  for (const deadline = Date.now() + CONVERGE_MS; Date.now() < deadline; await sleep(100)) {
    const all = await objects.list()
    if (all.every((object) => object.metadata.deletionTimestamp === undefined && isDone(object))) return true
  }
  return false
}

function isDone(object: Awaited<ReturnType<RunObjects['list']>>[number]): boolean {
  return Object.entries(CONTROLLERS)
    .filter(([, namespaces]) => namespaces.includes(object.metadata.namespace))
    .every(([controller]) => isUpToDate(object, controller))
}

async function lookAt({ url }: Host, controlPlane: ControlPlane, objects: RunObjects) {
  // The copies' last events, and a watch that went silent at the last moment.
  const ready = await untilReady(url)
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return {
    ready,
    parked: await (await fetch(`${url}/parked`)).json(),
    countedAttempts: sumSamples(metrics, 'controller_runtime_reconcile_errors_total'),
    relists: sumSamples(metrics, 'ostler_informer_relists_total'),
    verdict: judgeRun({
      audit: await controlPlane.auditEvents(),
      objects: await objects.list(),
      copies: await objects.copies(),
      controllers: CONTROLLERS,
      user: USER,
    }),
  }
}

async function untilReady(url: string): Promise<number> {
  for (const deadline = Date.now() + 30_000; ; await sleep(100)) {
    const { status } = await fetch(`${url}/readyz`)
    if (status === 200 || Date.now() > deadline) return status
  }
}

function problemsOf(report: Omit<FaultRunReport, 'problems'>): string[] {
  const { convergedSeconds, countedAttempts, countable, parked, ready, verdict } = report
  const found = Object.entries(verdict).filter(([, keys]) => (keys as readonly string[]).length > 0)
  return [
    ...(convergedSeconds === undefined ? [`not converged within ${CONVERGE_MS / 1000} s`] : []),
    ...(countedAttempts > countable ? [`${countedAttempts} attempts counted, for ${countable} answers of 500`] : []),
    ...((parked as { total: number }).total > 0 ? [`parked: ${JSON.stringify(parked)}`] : []),
    ...(ready === 200 ? [] : [`/readyz answers ${ready}`]),
    ...found.map(([name, keys]) => `${name}: ${(keys as readonly string[]).join(', ')}`),
  ]
}
