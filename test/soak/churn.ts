/**
 * Objects made and deleted under a running host, by seven controllers that each hold on to theirs in another way; after each
 * round, when all are gone and the host is quiet, what it still holds.
 * run:   KUBEBUILDER_ASSETS=DIR node test/soak/churn.ts [--objects 100000] [--rounds 20]
 * fails: when what is keyed by an object outlives it, or memory, descriptors or timers grow
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { type HostProcess, startHost } from '../e2e/host-process.ts'
import { createProject, type Project } from '../e2e/project.ts'
import { installTrials } from '../e2e/trials.ts'
import { type ChurnedController, CONTROLLERS, churnedObject, pathOf } from './churned-controllers.ts'
import { type Holding, lookInto, PROBED_HOST } from './holding.ts'
import { isMain, type Sample, sampleOf, showSample, soakMain } from './soak.ts'

export interface ChurnOptions {
  readonly objects: number
  readonly rounds: number
}

/** Answers what the host held after each round. */
export async function churn({ objects, rounds }: ChurnOptions, onSample = (_: Sample) => {}): Promise<Sample[]> {
  const controlPlane = await startControlPlane()
  const project = createProject()
  try {
    await installTrials(controlPlane)
    for (const { name } of CONTROLLERS) await post(controlPlane, '/api/v1/namespaces', { metadata: { name } })
    for (const { name, handler } of CONTROLLERS) project.write(`handlers/${name}.ts`, handler)
    project.writeConfig(CONTROLLERS.map(entryOf))
    const host = await startHost({ project, kubeconfig: controlPlane.kubeconfig, entry: PROBED_HOST })
    await host.waitUntilReady()
    const samples: Sample[] = []
    for (let round = 0, made = 0; round < rounds; round++) {
      const startedMs = Date.now()
      const upTo = Math.round((objects * (round + 1)) / rounds)
      made = await makeAll(controlPlane, made, upTo)
      // Every other round they go while the host is still busy with them.
      if (round % 2 === 0) await untilQuiet(host)
      await removeAll(controlPlane)
      await untilGone(controlPlane, host)
      const tookMs = Date.now() - startedMs
      const sample = sampleOf(made, tookMs, host, await lookAtRest(host, project))
      samples.push(sample)
      onSample(sample)
    }
    return samples
  } finally {
    await project.remove()
    await controlPlane.stop()
  }
}

/**
 * What names objects that are gone, beyond what is bounded by design: events are remembered, so that they can be counted in
 * a series (4,096 a controller); last states that nothing could be done for (1,000); names of owners, each held once for
 * all objects that have it (2,048); and the last warnings for the page (100).
 */
export function outliving({ keyed }: Holding): Holding['keyed'] {
  return keyed.filter(({ count, example }) => {
    if (example.startsWith('[')) return count > (example.includes('careful') ? 4096 : 100)
    if (/^(deleted )?parked\//.test(example)) return count > 1000
    if (/^churn-\d+$/.test(example)) return count > 2048
    return true
  })
}

function entryOf({ name, for: kind, entry }: ChurnedController): object {
  // A namespace of a cluster has a ConfigMap of its own, which comes back whenever it is deleted: `kube-root-ca.crt`.
  return { name, for: kind, handler: `handlers/${name}.ts`, namespaces: [name], labelSelector: 'number', ...entry }
}

async function makeAll(controlPlane: ControlPlane, from: number, to: number): Promise<number> {
  let next = from
  const worker = async () => {
    while (next < to) {
      const index = next++
      const controller = controllerOf(index)
      await post(controlPlane, pathOf(controller), churnedObject(controller, index))
    }
  }
  await Promise.all(Array.from({ length: 24 }, worker))
  return to
}

/** In proportion to the shares, mixed. */
function controllerOf(index: number): ChurnedController {
  return MIX[(index * 37) % MIX.length] as ChurnedController
}

const MIX = CONTROLLERS.flatMap((controller) =>
  Array<ChurnedController>(Math.round(controller.share * 100)).fill(controller),
)

/** A busy API server may not get through thousands of them in one request's time; it goes on from where it was. */
async function removeAll(controlPlane: ControlPlane): Promise<void> {
  for (const controller of CONTROLLERS) {
    await until(`the objects of "${controller.name}" to be deleted`, async () => {
      const answer = await controlPlane.request('DELETE', pathOf(controller)).catch(() => undefined)
      return answer?.status === 200
    })
  }
}

/** The circuit breaker lets go of mappers' keys by a sweep every 10 s; what ran just before one goes with the next. */
async function lookAtRest(host: HostProcess, project: Project): Promise<Holding> {
  for (const deadline = Date.now() + 30_000; ; await sleep(1000)) {
    const holding = await lookInto(host, project)
    if (outliving(holding).length === 0 || Date.now() > deadline) return holding
  }
}

/** Objects, and the secrets of those whose `deleted` had to make room. */
async function untilGone(controlPlane: ControlPlane, host: HostProcess): Promise<void> {
  await untilQuiet(host)
  await controlPlane.request('DELETE', '/api/v1/namespaces/owner/secrets')
  await until('all objects to be gone', async () => (await host.metric('ostler_informer_objects')) === 0)
  await untilQuiet(host)
}

async function untilQuiet(host: HostProcess): Promise<void> {
  let quietLooks = 0
  await until('the host to be quiet', async () => {
    const busy = (await host.metric('workqueue_depth')) + (await host.metric('controller_runtime_active_workers'))
    quietLooks = busy === 0 ? quietLooks + 1 : 0
    return quietLooks === 3
  })
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 180_000; Date.now() < deadline; await sleep(100)) if (await holds()) return
  throw new Error(`Waited 180 s for ${what}`)
}

async function post(controlPlane: ControlPlane, path: string, body: object): Promise<void> {
  const { status, body: answer } = await controlPlane.request('POST', path, body)
  if (status !== 201) throw new Error(`POST ${path}: ${status} ${JSON.stringify(answer)}`)
}

if (isMain(import.meta)) {
  await soakMain({ objects: 100_000, rounds: 20 }, async (options) => {
    const samples = await churn(options, (sample) => showSample(sample, outliving(sample.holding)))
    return { samples, outliving: samples.flatMap(({ holding }) => outliving(holding)) }
  })
}
