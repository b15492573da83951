import { basename, dirname, join } from 'node:path'
import { RuntimeError } from '../errors.ts'
import { pathOf } from '../kube/resource.ts'
import { isNotFound } from '../kube/status-error.ts'
import { formatGvk, gvkOf } from '../util/gvk.ts'
import { type Cluster, servedResource } from './apply-manifests.ts'
import { differenceFrom } from './expectation.ts'
import { type Manifest, type ManifestObject, readManifests } from './manifest-files.ts'

/** Objects to apply, and what is to become of them. */
export interface Sample {
  /** The file's name without `.yaml`. */
  readonly name: string
  readonly objects: readonly ManifestObject[]
  /** Parts of objects that a cluster must have in the end; one without a name may be any of its kind and namespace. */
  readonly promises: readonly ManifestObject[]
}

const PROMISES = '.expect.yaml'

/**
 * Reads the samples of a folder: NAME.yaml, and NAME.expect.yaml with what its controller promises.
 * errors: RuntimeError CONFIG_INVALID for a file that cannot be read, and for a sample that promises nothing
 */
export function readSamples(folder: string): Sample[] {
  const manifests = readManifests(dirname(folder), [basename(folder)])
  const promises = manifests.filter(({ file }) => file.endsWith(PROMISES))
  const objects = manifests.filter(({ file }) => !file.endsWith(PROMISES))
  const files = [...new Set(objects.map(({ file }) => file))]
  return files.map((file) => {
    const name = basename(file).replace(/\.(yaml|yml|json)$/, '')
    const expected = join(dirname(file), `${name}${PROMISES}`)
    const promised = objectsOf(promises, expected)
    if (promised.length > 0) return { name, objects: objectsOf(objects, file), promises: promised }
    throw new RuntimeError(
      'CONFIG_INVALID',
      `Cannot tell what sample "${file}" is to lead to: there is no "${expected}"`,
    )
  })
}

function objectsOf(manifests: readonly Manifest[], file: string): ManifestObject[] {
  return manifests.filter((manifest) => manifest.file === file).map(({ object }) => object)
}

/** Of each promise that does not hold now: which, and the first thing that is otherwise. */
export async function brokenPromises(cluster: Cluster, { name, promises }: Sample): Promise<string[]> {
  const differences = await Promise.all(promises.map((promise) => brokenPromise(cluster, promise)))
  return differences.filter((text) => text !== undefined).map((text) => `${name}: ${text}`)
}

async function brokenPromise(cluster: Cluster, promise: ManifestObject): Promise<string | undefined> {
  const name = promise.metadata?.name
  const title = `${formatGvk(gvkOf(promise))}${name === undefined ? '' : ` "${name}"`}`
  const candidates = await find(cluster, promise)
  const differences = candidates.map((candidate) => differenceFrom(promise, candidate))
  if (differences.includes(undefined)) return undefined
  return `${title}: ${name === undefined ? `none of ${candidates.length} fits` : (differences[0] ?? 'is not there')}`
}

/** The one that is named, or all that may be meant. */
async function find(cluster: Cluster, promise: ManifestObject): Promise<unknown[]> {
  const resource = await servedResource(cluster, promise)
  const { name, namespace = cluster.namespace } = promise.metadata ?? {}
  try {
    const { text } = await cluster.client.request({ method: 'GET', path: pathOf(resource, { namespace, name }) })
    const answer = JSON.parse(text) as { items?: object[] }
    if (name !== undefined) return [answer]
    // Items of a list bear no kind of their own.
    const { apiVersion, kind } = promise
    return (answer.items ?? []).map((item) => ({ apiVersion, kind, ...item }))
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}
