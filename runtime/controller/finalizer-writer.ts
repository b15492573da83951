import type { KubeRequest } from '../kube/client.ts'
import { pathOf, type Resource } from '../kube/resource.ts'
import { isConflict, isInvalid, isNotFound, overtaken } from '../kube/status-error.ts'
import { addFinalizerPatch, type Finalizable, type JsonPatch, removeFinalizerPatch } from './finalizer.ts'

/** How finalizers are written: the sender, as whom, and which finalizer. */
export interface FinalizerWriterOptions {
  /** Of the controller whose finalizer it is: names the field manager. */
  readonly controller: string
  readonly finalizer: string
  send(request: KubeRequest): Promise<{ code: number; text: string }>
}

/** One version of an object, as much as is needed to change its finalizers. */
export interface FinalizerTarget extends Finalizable {
  readonly namespace: string | undefined
  readonly name: string
}

/**
 * Adds the finalizer by a JSON patch that begins with a test of the uid. What the cache did not know makes the tests
 * fail; then the live object decides anew.
 * out:     the stored object's JSON · `deleting`: too late for a finalizer · `gone`: the object with that uid is no more
 * errors:  KubeStatusError of a refused write, API_UNREACHABLE
 */
export async function addFinalizer(
  options: FinalizerWriterOptions,
  resource: Resource,
  target: FinalizerTarget,
): Promise<{ json: string } | 'deleting' | 'gone'> {
  return change<{ json: string } | 'deleting'>(options, resource, target, ({ object, json }) => {
    if (object.deletionTimestamp !== undefined) return { done: 'deleting' }
    if (json !== undefined && object.finalizers.includes(options.finalizer)) return { done: { json } }
    // A list that had it, by what the cache knew, is not the one that is tested: it must not get it twice.
    const finalizers = object.finalizers.filter((name) => name !== options.finalizer)
    return { patch: addFinalizerPatch({ ...object, finalizers }, options.finalizer) }
  })
}

/**
 * Takes this finalizer alone off, by a JSON patch that begins with a test of the uid.
 * out:     the stored object's JSON, also when that was the last finalizer and the object went with it · `absent` · `gone`
 * errors:  as addFinalizer()
 */
export async function removeFinalizer(
  options: FinalizerWriterOptions,
  resource: Resource,
  target: FinalizerTarget,
): Promise<{ json: string } | 'absent' | 'gone'> {
  return change<'absent'>(options, resource, target, ({ object }) => {
    const patch = removeFinalizerPatch(object, options.finalizer)
    return patch === undefined ? { done: 'absent' } : { patch }
  })
}

/** The live object of that uid, as JSON; undefined when it is no more. */
export async function readLiveObject(
  { send }: Pick<FinalizerWriterOptions, 'send'>,
  resource: Resource,
  { namespace, name, uid }: Pick<FinalizerTarget, 'namespace' | 'name' | 'uid'>,
): Promise<LiveObject | undefined> {
  try {
    const { text } = await send({ method: 'GET', path: pathOf(resource, { namespace, name }) })
    const live = JSON.parse(text) as LiveObject
    return live.metadata.uid === uid ? live : undefined
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

export interface LiveObject {
  readonly metadata: {
    readonly uid: string
    readonly resourceVersion: string
    readonly deletionTimestamp?: string
    readonly finalizers?: readonly string[]
    readonly labels?: Readonly<Record<string, string>>
  }
}

/** A version to decide on; `json` when it is the live one. */
interface Version {
  readonly object: FinalizerTarget
  readonly json: string | undefined
}

async function change<Done>(
  options: FinalizerWriterOptions,
  resource: Resource,
  target: FinalizerTarget,
  decide: (version: Version) => { readonly patch: JsonPatch } | { readonly done: Done },
): Promise<{ json: string } | Done | 'gone'> {
  let version: Version = { object: target, json: undefined }
  for (let attempt = 1; ; attempt++) {
    const decision = decide(version)
    if ('done' in decision) return decision.done
    try {
      return { json: (await sendPatch(options, resource, target, decision.patch)).text }
    } catch (error) {
      if (isNotFound(error)) return 'gone'
      // A failed test and an object that the API server refuses are one and the same code: the live object tells.
      if (!(isInvalid(error) || isConflict(error))) throw error
      const live = await readLiveObject(options, resource, target)
      if (live === undefined) return 'gone'
      const before = version.object
      version = { object: { ...target, ...versionOf(live) }, json: JSON.stringify(live) }
      if (isInvalid(error) && isSame(before, version.object)) throw error
      if (attempt === MAX_ATTEMPTS) throw overtaken(attempt)
    }
  }
}

function sendPatch(
  { send, controller }: FinalizerWriterOptions,
  resource: Resource,
  { namespace, name }: FinalizerTarget,
  patch: JsonPatch,
): Promise<{ text: string }> {
  return send({
    method: 'PATCH',
    path: pathOf(resource, { namespace, name }),
    query: { fieldManager: `ostler-${controller}` },
    contentType: 'application/json-patch+json',
    body: JSON.stringify(patch),
  })
}

function versionOf({
  metadata,
}: LiveObject): Pick<FinalizerTarget, 'resourceVersion' | 'deletionTimestamp' | 'finalizers'> {
  const { resourceVersion, deletionTimestamp, finalizers = [] } = metadata
  return { resourceVersion, deletionTimestamp, finalizers }
}

/** The tests cannot have failed for this version: it is something else that the API server refuses. */
function isSame(a: FinalizerTarget, b: FinalizerTarget): boolean {
  return a.resourceVersion === b.resourceVersion && a.deletionTimestamp === b.deletionTimestamp
}

/** Somebody else may change the object at each attempt, but hardly its finalizers at every one. */
const MAX_ATTEMPTS = 10
