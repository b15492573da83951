import { loadConfig } from '../config/load.ts'
import { finalizerOf } from '../controller/finalizer.ts'
import { listBearers } from '../controller/finalizer-bearers.ts'
import { stripFinalizer } from '../controller/finalizer-strip.ts'
import { RuntimeError } from '../errors.ts'
import { createKubeClient, type KubeClient } from '../kube/client.ts'
import { Discovery } from '../kube/discovery.ts'
import type { KubeConfig } from '../kube/kubeconfig.ts'
import type { Resource } from '../kube/resource.ts'
import { realClock } from '../util/clock.ts'
import { formatGvk } from '../util/gvk.ts'
import { messageOf } from '../util/message-of.ts'
import { version } from '../util/version.ts'

export { finalizerOf }

export interface RemoveFinalizersOptions {
  /** The controller's. */
  readonly name: string
  readonly kubeConfig: KubeConfig
  /** Change nothing. */
  readonly dryRun: boolean
  /** Relative to `cwd`; else it is searched there, and may be missing. */
  readonly config: string | undefined
  readonly cwd: string
  readonly say: (line: string) => void
  readonly complain: (line: string) => void
}

export interface RemovedFinalizers {
  /** With `dryRun`: it would be taken off. */
  readonly objects: number
  /** Some objects could not be looked at or changed, which has been complained about. */
  readonly isComplete: boolean
}

/**
 * Takes a controller's finalizer off every object that bears it: of the kind in its config entry where there is one, else
 * of every kind that the API server serves.
 * errors:  CONFIG_INVALID, CONFIG_NOT_FOUND of a config that was named, API_UNREACHABLE, KubeStatusError of discovery
 */
export async function removeFinalizers(options: RemoveFinalizersOptions): Promise<RemovedFinalizers> {
  const client = createKubeClient({
    kubeConfig: options.kubeConfig,
    clock: realClock,
    userAgent: `ostler/${version}`,
  })
  try {
    let objects = 0
    let isComplete = true
    for (const resource of await findKinds(options, client)) {
      const result = await removeFromKind(options, client, resource)
      objects += result.objects
      isComplete &&= result.isComplete
    }
    return { objects, isComplete }
  } finally {
    await client.close()
  }
}

async function findKinds(options: RemoveFinalizersOptions, client: KubeClient): Promise<readonly Resource[]> {
  const discovery = new Discovery(client, realClock)
  const entry = (await readConfig(options))?.controllers.find(({ name }) => name === options.name)
  if (entry === undefined) return changeableKinds(await discovery.all())
  options.say(
    `${options.name} is in the config still: looking at ${entry.forText} alone; a host that runs it adds it again`,
  )
  const resource = await discovery.resolve(entry.gvk)
  return resource === undefined ? [] : [resource]
}

async function readConfig({ config, cwd }: RemoveFinalizersOptions) {
  try {
    return await loadConfig({ file: config, cwd })
  } catch (error) {
    // A retired controller needs no config.
    if (config === undefined && error instanceof RuntimeError && error.code === 'CONFIG_NOT_FOUND') return undefined
    throw error
  }
}

/** One version of each kind whose objects can be listed and patched; they are the same objects in all versions. */
function changeableKinds(all: readonly Resource[]): readonly Resource[] {
  const kinds = new Map<string, Resource>()
  for (const resource of all) {
    const id = `${resource.group}/${resource.kind}`
    if (!kinds.has(id) && ['list', 'patch'].every((verb) => resource.verbs.includes(verb))) kinds.set(id, resource)
  }
  return [...kinds.values()]
}

async function removeFromKind(
  { name, dryRun, say, complain }: RemoveFinalizersOptions,
  client: KubeClient,
  resource: Resource,
): Promise<RemovedFinalizers> {
  const finalizer = finalizerOf(name)
  const kind = formatGvk(resource)
  const send = client.request.bind(client)
  let bearers = 0
  const list = async function* () {
    for await (const page of listBearers({ send, resource, finalizer, namespaces: [] })) {
      bearers += page.length
      for (const { key } of dryRun ? page : []) say(`${kind} ${key}`)
      yield page
    }
  }
  const failures = new Map<string, string>()
  const { removed, isDone } = await stripFinalizer({
    controller: name,
    finalizer,
    send,
    resource,
    list,
    clock: realClock,
    signal: new AbortController().signal,
    maxPasses: dryRun ? 1 : MAX_PASSES,
    isWanted: () => !dryRun,
    onRemoved: ({ key }) => {
      failures.delete(key)
      say(`${kind} ${key}: removed`)
    },
    onFailure: (error, bearer) => failures.set(bearer?.key ?? '', messageOf(error)),
  })
  if (!isDone) for (const [key, failure] of failures) complain(`${kind}${key === '' ? '' : ` ${key}`}: ${failure}`)
  return { objects: dryRun ? bearers : removed, isComplete: isDone }
}

/** A failure that lasts longer is for a person to look at. */
const MAX_PASSES = 3
