import type { ParsedObject } from '../../runtime/informer/entry.ts'
import type { KubeRequest } from '../../runtime/kube/client.ts'
import { KubeStatusError } from '../../runtime/kube/status-error.ts'

/** The objects of an API server, as far as finalizers are concerned: JSON patches with tests, gets and lists. */
export interface FakeObjects {
  respond(request: KubeRequest): string
  /** Makes or changes one, past the host; answers it as stored. */
  set(name: string, metadata?: ParsedObject['metadata']): ParsedObject
  get(name: string): ParsedObject | undefined
  delete(name: string): void
  finalizersOf(name: string): readonly string[] | undefined
  /** Makes every request fail with this code, but for reads. */
  refuseWith: number | undefined
  /** Called before a patch is looked at: what others do meanwhile. */
  meanwhile: (() => void) | undefined
}

type Operation = { op: string; path: string; value?: unknown }

export function createFakeObjects(): FakeObjects {
  const objects = new Map<string, ParsedObject>()
  let versions = 1000
  const store = (object: ParsedObject) => {
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++versions) } }
    objects.set(stored.metadata.name as string, stored)
    if (stored.metadata.deletionTimestamp !== undefined && !stored.metadata.finalizers?.length) {
      objects.delete(stored.metadata.name as string)
    }
    return stored
  }
  const fake: FakeObjects = {
    refuseWith: undefined,
    meanwhile: undefined,
    respond({ method, path, body }) {
      const name = path
        .replace(/\/status$/, '')
        .split('/')
        .at(-1) as string
      if (name === 'demos') return JSON.stringify({ metadata: {}, items: [...objects.values()] })
      if (method === 'PATCH') {
        const meanwhile = fake.meanwhile
        fake.meanwhile = undefined
        meanwhile?.()
        if (fake.refuseWith !== undefined) throw failure(fake.refuseWith)
      }
      const object = objects.get(name)
      if (object === undefined) throw failure(404)
      return JSON.stringify(method === 'PATCH' ? store(patched(object, JSON.parse(body as string))) : object)
    },
    set(name, metadata = {}) {
      const old = objects.get(name)
      const base = old?.metadata ?? { namespace: 'a', name, uid: `uid-${++versions}` }
      return store({ apiVersion: 'demo.io/v1', kind: 'Demo', ...old, metadata: { ...base, ...metadata } })
    },
    get: (name) => objects.get(name),
    delete: (name) => objects.delete(name),
    finalizersOf: (name) => objects.get(name)?.metadata?.finalizers ?? (objects.has(name) ? [] : undefined),
  }
  return fake
}

function patched(object: ParsedObject, patch: readonly Operation[]): ParsedObject {
  const next = structuredClone(object) as ParsedObject & { metadata: Record<string, unknown> }
  for (const { op, path, value } of patch) {
    if (path === '/status') {
      next.status = value
      continue
    }
    const [, , field, index] = path.split('/') as [string, string, string, string | undefined]
    const list = next.metadata[field] as unknown[]
    const target = index === undefined ? next.metadata[field] : list?.[Number(index)]
    if (op === 'test' && JSON.stringify(target) !== JSON.stringify(value)) throw failure(422)
    if (op === 'add' && index === '-') list.push(value)
    else if (op === 'add') next.metadata[field] = value
    if (op === 'remove') list.splice(Number(index), 1)
  }
  const isDeleting = object.metadata?.deletionTimestamp !== undefined
  const isAdded = (next.metadata.finalizers as string[] | undefined)?.some(
    (f) => !object.metadata?.finalizers?.includes(f),
  )
  if (isDeleting && isAdded) throw failure(422)
  return next
}

function failure(code: number): KubeStatusError {
  return new KubeStatusError(`refused with ${code}`, { code, reason: '', details: undefined, retryAfterMs: undefined })
}
