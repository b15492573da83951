import { existsSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { RuntimeError } from '../errors.ts'
import { pathOf } from '../kube/resource.ts'
import { isNotFound } from '../kube/status-error.ts'
import { formatGvk, gvkOf } from '../util/gvk.ts'
import { type Cluster, notServed } from './apply-manifests.ts'
import { differenceFrom, mostLike } from './expectation.ts'
import { type Manifest, type ManifestObject, readManifests } from './manifest-files.ts'

/** Objects to apply, and what is to become of them. */
export interface Sample {
  /** The file's name without `.yaml`. */
  readonly name: string
  readonly objects: readonly Manifest[]
  /** Parts of objects that a cluster must have in the end; one without a name may be any of its kind and namespace. */
  readonly promises: readonly Manifest[]
}

const ENDING = /\.(yaml|yml|json)$/
const PROMISES = /\.expect\.(yaml|yml|json)$/

/**
 * Reads the samples of a folder: NAME.yaml, and NAME.expect.yaml with what its controller promises.
 * errors: RuntimeError CONFIG_INVALID for a file that cannot be read, for a sample that promises nothing, and for a promise
 *   without a sample
 */
export function readSamples(folder: string): Sample[] {
  const manifests = readManifests(dirname(folder), [basename(folder)])
  const promises = Map.groupBy(manifests.filter(isPromise), ({ file }) => file.replace(PROMISES, ''))
  const objects = Map.groupBy(
    manifests.filter((manifest) => !isPromise(manifest)),
    ({ file }) => file.replace(ENDING, ''),
  )
  for (const [path, [{ file }]] of promises as Map<string, [Manifest]>)
    if (!objects.has(path)) refuse(`Cannot tell what "${file}" is promised for: there is no "${path}.yaml"`)
  return [...objects].map(([path, found]) => ({
    name: basename(path),
    objects: found,
    promises: promises.get(path) ?? refuse(withoutPromise(path, found)),
  }))
}

function isPromise({ file }: Manifest): boolean {
  return PROMISES.test(file)
}

function withoutPromise(path: string, [sample]: readonly Manifest[]): string {
  const expected = `${path}.expect.yaml`
  const why = existsSync(expected) ? `"${expected}" has no object` : `there is no "${expected}"`
  return `Cannot tell what sample "${sample?.file}" is to lead to: ${why}`
}

function refuse(message: string): never {
  throw new RuntimeError('CONFIG_INVALID', message)
}

/** Of each promise that does not hold now: which, the first thing that is otherwise, and where it stands. */
export async function brokenPromises(cluster: Cluster, { name, promises }: Sample): Promise<string[]> {
  const differences = promises.map(async ({ file, line, object }) => {
    const text = await brokenPromise(cluster, object)
    return text === undefined ? [] : [`${name}: ${text} (${file}:${line})`]
  })
  return (await Promise.all(differences)).flat()
}

async function brokenPromise(cluster: Cluster, promise: ManifestObject): Promise<string | undefined> {
  const { name } = promise.metadata ?? {}
  const title = `${formatGvk(gvkOf(promise))}${name === undefined ? '' : ` "${name}"`}`
  const candidates = await find(cluster, promise)
  if (candidates === undefined) return notServed(promise)
  if (candidates.some((candidate) => differenceFrom(promise, candidate) === undefined)) return undefined
  const nearest = mostLike(promise, candidates)
  if (nearest === undefined) return `${title}: ${name === undefined ? 'there is none' : 'is not there'}`
  const difference = differenceFrom(promise, nearest)
  if (name !== undefined) return `${title}: ${difference}`
  return `${title}: none of ${candidates.length} fits; the nearest is "${nearest.metadata?.name}": ${difference}`
}

/** The one that is named, or all that may be meant; undefined while their kind is not served, as a controller may yet define it. */
async function find(cluster: Cluster, promise: ManifestObject): Promise<ManifestObject[] | undefined> {
  const resource = await cluster.discovery.resolve(gvkOf(promise))
  if (resource === undefined) return void cluster.discovery.invalidate()
  const { name, namespace = cluster.namespace } = promise.metadata ?? {}
  try {
    const { text } = await cluster.client.request({ method: 'GET', path: pathOf(resource, { namespace, name }) })
    const answer = JSON.parse(text) as ManifestObject & { items?: ManifestObject[] }
    if (name !== undefined) return [answer]
    // Items of a list bear no kind of their own.
    const { apiVersion, kind } = promise
    return (answer.items ?? []).map((item) => ({ ...item, apiVersion, kind }))
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}
