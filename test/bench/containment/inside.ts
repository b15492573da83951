import { join } from 'node:path'
import { bundleHandler } from '../../../runtime/sandbox/bundle.ts'
import type { CallRequest } from '../../../runtime/sandbox/call.ts'
import { buildGuest } from '../../../runtime/sandbox/guest-bundle.ts'
import { GuestPool } from '../../../runtime/sandbox/guest-pool.ts'
import { Sandbox } from '../../../runtime/sandbox/sandbox.ts'
import { realClock } from '../../../runtime/util/clock.ts'
import { createProject, handlerFixture } from '../../e2e/project.ts'
import { atRate, type Load, type Place, REST, type Run } from './pairs.ts'

const MEMORY = 64 << 20
/** Calls of the hostile handler under way, as by its controller's default concurrency. */
const HOSTILE_CALLS = 4
/** Between a failed call of the hostile handler and the next: its controller backs off, though not as fast as this. */
const PAUSE_MS = 10

/** Two sandboxes under this process, which is their host. */
export async function createInside(): Promise<Place> {
  const project = createProject()
  for (const name of ['neighbour', 'hostile', 'oddities']) project.writeHandler(name, handlerFixture(name))
  const bundleOf = (name: string) =>
    bundleHandler({ file: join(project.dir, 'handlers', `${name}.ts`), configDir: project.dir })
  const pool = new GuestPool({ clock: realClock, guestCode: buildGuest })
  const sandboxOf = (name: string) => new Sandbox({ name, memoryBytes: MEMORY, pool, clock: realClock })
  const neighbour = sandboxOf('neighbour')
  const hostile = sandboxOf('hostile')
  await neighbour.swap(await bundleOf('neighbour'))
  let attackers: AbortController | undefined
  return {
    async enter(attack) {
      attackers?.abort()
      await hostile.swap(await bundleOf('hostile'))
      attackers = new AbortController()
      if (attack === REST) return
      for (let index = 0; index < HOSTILE_CALLS; index++) void keepCalling(hostile, attack, attackers.signal)
    },
    run: (load) => runNeighbour(neighbour, load),
    async close() {
      attackers?.abort()
      await Promise.all([neighbour.close(0), hostile.close(0)])
      await pool.close()
      await project.remove()
    },
  }
}

async function runNeighbour(sandbox: Sandbox, load: Load): Promise<Run> {
  const tookMs: number[] = []
  let failed = 0
  await atRate(load, async (index) => {
    const startedAt = performance.now()
    const { kind } = await sandbox.call(requestOf({ size: index }, {}))
    if (kind === 'returned') tookMs.push(performance.now() - startedAt)
    else failed++
  })
  return { tookMs, failed }
}

async function keepCalling(sandbox: Sandbox, attack: string, signal: AbortSignal): Promise<void> {
  for (let size = 0; !signal.aborted; size++) {
    await sandbox.whenReady(signal).catch(() => {})
    await sandbox.call(requestOf({ size, payload: 'poison' }, { attack }))
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

function requestOf(spec: object, config: object): CallRequest {
  const metadata = { name: 'a', namespace: 'a', uid: 'a', generation: 1 }
  const object = JSON.stringify({ apiVersion: 'e2e.example.com/v1', kind: 'Trial', metadata, spec })
  const key = { controller: 'bench', namespace: 'a', name: 'a', uid: 'a' }
  return {
    export: 'reconcile',
    args: [object],
    context: JSON.stringify({ key, attempt: 1, reason: 'changed', with: config }),
    timeoutMs: 2_000,
    onHostCall: async () => object,
  }
}
