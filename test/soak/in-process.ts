/**
 * Many more objects than a real API server gets through: one controller over its cache, with an API server and a handler of a
 * few lines in the same process. Objects are given the finalizer, reconciled, deleted, finalized and told as deleted; a sixth
 * each succeeds, requeues in an hour, fails, is parked, kills its guest or writes status. Every other answer comes after the
 * event that it caused, as it often does over a network.
 * run:   node test/soak/in-process.ts [--objects 100000] [--rounds 20]
 * fails: when what is keyed by an object outlives it, or memory or timers grow
 */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { Overlay } from '../../runtime/broker/overlay.ts'
import { Controller } from '../../runtime/controller/controller.ts'
import { createEntryParser, type ParsedObject } from '../../runtime/informer/entry.ts'
import { Store } from '../../runtime/informer/store.ts'
import type { KubeRequest } from '../../runtime/kube/client.ts'
import { KubeStatusError } from '../../runtime/kube/status-error.ts'
import { createMetrics } from '../../runtime/observe/metrics.ts'
import type { CallRequest, Settled } from '../../runtime/sandbox/call.ts'
import { realClock } from '../../runtime/util/clock.ts'
import { controllerConfig, DEMO } from '../controller/scripted-controller.ts'
import { look } from './look.ts'
import { isMain, type Sample, showSample, soakMain } from './soak.ts'

/** Answers what the process held after each round. */
export async function churnInProcess(
  { objects, rounds }: { readonly objects: number; readonly rounds: number },
  onSample = (_: Sample) => {},
): Promise<Sample[]> {
  const { controller, apply, remove, store } = createWorld()
  const until = async (holds: () => boolean) => {
    for (const deadline = Date.now() + 120_000; !holds(); await sleep(5)) {
      if (Date.now() > deadline)
        throw new Error(
          `${store.size} objects are left after 120 s, ${controller.depth} wait, ${controller.running} run`,
        )
    }
  }
  const samples: Sample[] = []
  for (let round = 0, made = 0; round < rounds; round++) {
    const startedMs = Date.now()
    const names: string[] = []
    for (const target = (objects * (round + 1)) / rounds; made < target; made++) {
      names.push(`churn-${made}`)
      apply(`churn-${made}`)
      if (made % 100 === 0) await turn()
    }
    // Every other round they go while most of them still wait.
    if (round % 2 === 0) await until(() => controller.isIdle)
    for (const name of names) remove(name)
    await until(() => store.size === 0 && controller.isIdle)
    names.length = 0
    const sample = {
      done: made,
      tookMs: Date.now() - startedMs,
      holding: await look(),
      children: { guests: 0, all: 0 },
    }
    samples.push(sample)
    onSample(sample)
  }
  await controller.drain()
  return samples
}

function createWorld() {
  const store = new Store()
  const objects = new Map<string, ParsedObject>()
  const parser = createEntryParser({ apiVersion: 'demo.io/v1', kind: 'Demo' })
  let versions = 0
  const recorder = createMetrics().controller('demos')
  const controller: Controller = new Controller({
    config: controllerConfig({ concurrency: 16 }),
    clock: realClock,
    overlay: new Overlay(realClock),
    log: { debug() {}, info() {}, warn() {}, error() {} },
    metrics: recorder,
    send,
    call: async (request) => settledOf(request),
    hostCall: async () => undefined,
    ready: () => true,
    resource: async () => DEMO,
    find: (key) => store.get(key),
    entries: () => store.list(),
  })
  controller.loaded(['reconcile', 'finalize', 'deleted'])
  controller.start()
  return { controller, apply, remove, store }

  function apply(name: string, change: ParsedObject = {}): ParsedObject {
    const { metadata: before, ...rest } = objects.get(name) ?? {
      metadata: { name, namespace: 'a', uid: `${name}-uid` },
    }
    const metadata = { ...before, ...change.metadata, resourceVersion: String(++versions) }
    const object = { ...rest, ...change, metadata } as ParsedObject
    const entry = parser.parse(structuredClone(object))
    if (metadata.deletionTimestamp !== undefined && metadata.finalizers?.length === 0) {
      objects.delete(name)
      store.delete(entry.key)
      controller.removed(entry)
      return object
    }
    objects.set(name, object)
    const old = store.set(entry)
    if (old === undefined) controller.added(entry, false)
    else controller.changed(entry, old)
    return object
  }

  function remove(name: string): void {
    const finalizers = objects.get(name)?.metadata?.finalizers ?? []
    apply(name, { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers } })
  }

  async function send({ path, body = '' }: KubeRequest): Promise<{ code: number; text: string }> {
    const name = /churn-\d+/.exec(path)?.[0] ?? ''
    if (objects.get(name) === undefined) throw notFound()
    if (path.endsWith('/status')) return answer(name, { status: { seen: true } })
    const finalizers = body.includes('"ostler.dev/demos"') && body.includes('"add"') ? ['ostler.dev/demos'] : []
    return answer(name, { metadata: { finalizers } })
  }

  async function answer(name: string, change: ParsedObject): Promise<{ code: number; text: string }> {
    const object = apply(name, change)
    if (versions % 2 === 0) await turn()
    return { code: 200, text: JSON.stringify({ apiVersion: 'demo.io/v1', kind: 'Demo', ...object }) }
  }
}

function notFound(): Error {
  return new KubeStatusError('gone', { code: 404, reason: 'NotFound', details: undefined, retryAfterMs: undefined })
}

function settledOf({ export: name, args }: CallRequest): Settled {
  const { metadata } = JSON.parse(args[0] as string) as ParsedObject
  const way = Number(metadata?.name?.slice('churn-'.length)) % 6
  const threw = { kind: 'threw', error: { name: 'Error', message: 'no', stack: '' } } as const
  if (way === 3 && name !== 'finalize') return { ...threw, terminal: true }
  if (name !== 'reconcile' || way === 0) return { kind: 'returned', value: undefined }
  if (way === 1) return { kind: 'returned', value: { requeueAfter: '1h' } }
  if (way === 2) return { ...threw, terminal: false }
  if (way === 4) return { kind: 'died', reason: 'out of memory' }
  return { kind: 'returned', value: { status: { seen: true } } }
}

/** Parked last states are kept, up to 1,000. */
export function outlivingInProcess({ holding }: Sample): Sample['holding']['keyed'] {
  return holding.keyed.filter(({ count }) => count > 1000)
}

if (isMain(import.meta)) {
  await soakMain({ objects: 100_000, rounds: 20 }, async (options) => {
    const samples = await churnInProcess(options, (sample) => showSample(sample, outlivingInProcess(sample)))
    return { samples, outliving: samples.flatMap(outlivingInProcess) }
  })
}
