/**
 * What an object costs in the cache, and how long the first list takes, without a network: 10,000 objects with 1 KiB of
 * payload (and managedFields of 0.5 KiB, which are dropped) go from bytes through list-watch, reflector and informer.
 * run:  node --expose-gc test/bench/store.ts [OBJECTS] [PAYLOAD_BYTES] [stream|pages]
 */
import { availableParallelism, cpus } from 'node:os'
import { Informer } from '../../runtime/informer/informer.ts'
import { createListWatch, type StreamClient, type StreamRequest } from '../../runtime/informer/list-watch.ts'
import { KubeStatusError } from '../../runtime/kube/status-error.ts'
import { realClock } from '../../runtime/util/clock.ts'

const objects = Number(process.argv[2] ?? 10_000)
const payloadBytes = Number(process.argv[3] ?? 1024)
const via = process.argv[4] ?? 'stream'
/** What one read of a TLS connection gives. */
const CHUNK_BYTES = 16 * 1024

const resource = {
  group: 'demo.io',
  version: 'v1',
  kind: 'Demo',
  plural: 'demos',
  namespaced: true,
  verbs: ['list', 'watch'],
  subresources: [],
}

function objectAt(i: number): object {
  const fields = Object.fromEntries(Array.from({ length: 12 }, (_, f) => [`f:field${f}`, { 'f:value': {}, '.': {} }]))
  return {
    apiVersion: 'demo.io/v1',
    kind: 'Demo',
    metadata: {
      name: `demo-${i}`,
      namespace: `namespace-${i % 10}`,
      uid: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
      resourceVersion: String(1000 + i),
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'app.kubernetes.io/name': 'demo', 'app.kubernetes.io/instance': `instance-${i % 50}` },
      managedFields: [
        { manager: 'bench', operation: 'Update', fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': fields } },
      ],
    },
    spec: { payload: `${i}-`.padEnd(payloadBytes, 'abcdefghij ') },
  }
}

function* chunksOf(texts: Iterable<string>): Generator<Buffer> {
  let text = ''
  for (const next of texts) {
    text += next
    if (text.length < CHUNK_BYTES) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text !== '') yield Buffer.from(text)
}

function* watchTexts(): Generator<string> {
  for (let i = 0; i < objects; i++) yield `${JSON.stringify({ type: 'ADDED', object: objectAt(i) })}\n`
  const annotations = { 'k8s.io/initial-events-end': 'true' }
  yield `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '9', annotations } } })}\n`
}

function* pageTexts(start: number, end: number): Generator<string> {
  yield `{"metadata":{"resourceVersion":"9"${end < objects ? `,"continue":"${end}"` : ''}},"items":[`
  for (let i = start; i < end; i++) yield `${i === start ? '' : ','}${JSON.stringify(objectAt(i))}`
  yield ']}'
}

const client: StreamClient = {
  async stream({ query, signal }: StreamRequest) {
    if (query.watch === undefined) {
      const start = Number(query.continue ?? 0)
      return timed(pageTexts(start, Math.min(objects, start + Number(query.limit))))
    }
    if (query.sendInitialEvents === undefined || via === 'stream') {
      return timed(query.sendInitialEvents ? watchTexts() : [], signal)
    }
    throw new KubeStatusError('refused', { code: 422, reason: 'Invalid', details: undefined, retryAfterMs: undefined })
  },
}

/** Time spent on making the bytes, which is not the informer's. */
let makingMs = 0

async function* timed(texts: Iterable<string>, hangUntil?: AbortSignal): AsyncGenerator<Buffer> {
  const chunks = chunksOf(texts)
  for (;;) {
    const startedMs = performance.now()
    const { value, done } = chunks.next()
    makingMs += performance.now() - startedMs
    if (done) break
    yield value
  }
  if (hangUntil !== undefined) await new Promise((resolve) => hangUntil.addEventListener('abort', resolve))
}

function settledHeap(): number {
  for (let i = 0; i < 4; i++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

if (globalThis.gc === undefined) throw new Error('Run with --expose-gc')
const gvk = { group: resource.group, version: resource.version, kind: resource.kind }
const kinds = { resolve: async () => resource, whenServed: () => new Promise<never>(() => {}) }

async function run(): Promise<{ informer: Informer; ms: number }> {
  const informer = new Informer({ gvk, kinds, sourceOf: () => createListWatch(client, resource), clock: realClock })
  makingMs = 0
  const startedMs = performance.now()
  await new Promise<void>((resolve) => {
    informer.subscribe({ synced: resolve })
    informer.start()
  })
  return { informer, ms: performance.now() - startedMs - makingMs }
}

const first = await run()
first.informer.stop()
const before = settledHeap()
const { informer, ms } = await run()
const perObject = (settledHeap() - before) / objects
console.log(
  JSON.stringify({
    machine: `${availableParallelism()} × ${cpus()[0]?.model}, Node.js ${process.version}`,
    objects,
    payloadBytes,
    via,
    bytesPerObject: Math.round(perObject),
    jsonBytesPerObject: Math.round(informer.lister.bytes / objects),
    coldMsToSynced: Math.round(first.ms),
    warmMsToSynced: Math.round(ms),
  }),
)
informer.stop()
const left = settledHeap() - before
if (left > objects * 50) throw new Error(`${left} bytes are left after stop()`)
