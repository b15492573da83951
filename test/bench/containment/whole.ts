import { setTimeout as sleep } from 'node:timers/promises'
import { type ControlPlane, startControlPlane } from '../../control-plane/control-plane.ts'
import { reactionTimes } from '../../control-plane/reaction-times.ts'
import { applyNeighbourhoodCrds, type Neighbourhood, startNeighbourhood } from '../../e2e/neighbourhood.ts'
import { atRate, type Load, type Place, REST, type Run } from './pairs.ts'

const USER = 'host'
/** So many that none changes more than once a second at the usual rate: no circuit breaker slows those down. */
const NEIGHBOURS = 50
/** As many as there are oddities. */
const POISONED = 24
/** A reaction that takes longer than this after the last change counts as failed. */
const PATIENCE_MS = 30_000
/** As fast as an attack gets: a key that fails soon runs again soon. */
const HOSTILE = { timeout: '2s', retry: { baseDelay: '5ms', maxDelay: '100ms' } }

const RULES = [
  { apiGroups: ['e2e.example.com'], resources: ['neighbours', 'trials'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['e2e.example.com'], resources: ['neighbours/status', 'trials/status'], verbs: ['patch'] },
  { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: ['get', 'list', 'watch'] },
]

/** A host of its own process, with its API server; `entry` is another build of the host. */
export async function createWhole(entry: string | undefined): Promise<Place> {
  const controlPlane = await startControlPlane({ server: 'real', audit: true, users: [USER] })
  await applyNeighbourhoodCrds(controlPlane)
  await controlPlane.grant(USER, RULES)
  const town = await startNeighbourhood(controlPlane, {
    namespace: 'whole',
    attack: REST,
    hostile: HOSTILE,
    user: USER,
    ...(entry === undefined ? {} : { entry }),
  })
  for (let index = 0; index < NEIGHBOURS; index++) await town.create('neighbours', nameOf(index), { size: 0 })
  for (let size = 0; size < POISONED; size++) await town.create('trials', `poison-${size}`, { size, payload: 'poison' })
  while ((await town.unsettled('neighbours')).length > 0) await sleep(100)
  return {
    enter: (attack) => town.enter(attack),
    run: (load) => runNeighbour(controlPlane, town, load),
    async close() {
      await town.host.stop()
      await town.remove()
      await controlPlane.stop()
    },
  }
}

async function runNeighbour(controlPlane: ControlPlane, town: Neighbourhood, load: Load): Promise<Run> {
  const failuresBefore = await failuresOf(town)
  const from = Date.now()
  await atRate(load, (index) => town.touch('neighbours', nameOf(index % NEIGHBOURS), index + 1))
  const to = Date.now()
  // What the list shows, the audit log has: it is written before a request is answered.
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(200)) {
    if ((await town.unsettled('neighbours')).length === 0) break
  }
  const events = await controlPlane.auditEvents()
  const times = reactionTimes(events, { resource: 'neighbours', host: USER, from, to })
  const tookMs = times.filter((time) => time !== undefined)
  return { tookMs, failed: times.length - tookMs.length + (await failuresOf(town)) - failuresBefore }
}

const FAILURES = [
  'controller_runtime_reconcile_errors_total',
  'controller_runtime_reconcile_timeouts_total',
  'ostler_guest_deaths_total',
]

async function failuresOf({ host }: Neighbourhood): Promise<number> {
  const counts = await Promise.all(FAILURES.map((name) => host.metric(name, { controller: 'neighbour' })))
  return counts.reduce((sum, count) => sum + count, 0)
}

function nameOf(index: number): string {
  return `neighbour-${index}`
}
