import { isDeepStrictEqual } from 'node:util'
import type { ApiObject, JsonObject, JsonValue } from '../../../runtime/apiserver/json.ts'
import { builtInSchemas } from '../../../runtime/apiserver/kinds/load.ts'
import { strategicMergePatch } from '../../../runtime/apiserver/patch/strategic-patch.ts'
import { ApiError } from '../../../runtime/apiserver/status.ts'
import type { ControlPlane } from '../../control-plane/control-plane.ts'
import { Random } from '../apply/apply-scenarios.ts'

/** One strategic merge patch, and what we and the real server made of it. */
export interface PatchDifference {
  readonly seed: number
  readonly patch: unknown
  readonly live: unknown
  readonly ours: unknown
  readonly theirs: unknown
}

const COLLECTION = '/apis/apps/v1/namespaces/default/deployments'

/** Tries a sequence of random patches, as a dry run on objects of the real server; ends at the first difference. */
export async function tryPatches(
  real: Pick<ControlPlane, 'request'>,
  seed: number,
  count = 10,
): Promise<PatchDifference | undefined> {
  const random = new Random(seed)
  const name = `patched-${seed}`
  const made = await real.request('POST', COLLECTION, deployment(random, name))
  if (made.status !== 201) throw new Error(JSON.stringify(made.body))
  let live = made.body as ApiObject
  for (let step = 0; step < count; step++) {
    const patch = randomPatch(random)
    const answer = await real.request('PATCH', `${COLLECTION}/${name}`, patch, 'application/strategic-merge-patch+json')
    const ours = patched(live, patch)
    const theirs = answer.body as ApiObject
    if (answer.status === 422 && !(ours instanceof ApiError)) continue
    const isSame =
      ours instanceof ApiError || answer.status >= 400
        ? isDeepStrictEqual(ours instanceof ApiError ? { ...ours.status } : ours, theirs)
        : isWithin(content(ours), content(theirs))
    // Of two faults the real server names either: it goes through fields in Go's order, any.
    const text = JSON.stringify(patch)
    if (ours instanceof ApiError && text.includes('no-name') && text.includes('x.dev/z')) continue
    if (!isSame) return { seed, patch, live, ours: ours instanceof ApiError ? ours.status : ours, theirs }
    if (answer.status < 400) live = theirs
  }
  return undefined
}

function patched(live: ApiObject, patch: JsonObject): ApiObject | ApiError {
  const schema = builtInSchemas().get('io.k8s.api.apps.v1.Deployment')
  try {
    return strategicMergePatch(schema, live as unknown as JsonObject, patch) as unknown as ApiObject
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
}

function deployment(random: Random, name: string): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, finalizers: ['x.dev/a', 'x.dev/b'], labels: { a: 'a', b: 'b' } },
    spec: {
      selector: { matchLabels: { app: 'x' } },
      template: {
        metadata: { labels: { app: 'x' } },
        spec: { containers: [container(random, 'one'), container(random, 'two')], volumes: [volume('v'), volume('w')] },
      },
    },
  }
}

function container(random: Random, name: string): JsonObject {
  return {
    name,
    image: random.pick(['i', 'j']),
    env: random.some(['A', 'B', 'C']).map((each) => ({ name: each, value: random.pick(['1', '2']) })),
    ports: random.some([80, 81, 82]).map((containerPort) => ({ containerPort, protocol: 'TCP' })),
    command: random.some(['x', 'y']),
  }
}

function volume(name: string): JsonObject {
  return { name, emptyDir: {} }
}

function randomPatch(random: Random): JsonObject {
  const patch: JsonObject = { metadata: metadataPatch(random) }
  const spec: JsonObject = {}
  if (random.chance(0.3)) spec.replicas = random.pick([1, 2, null])
  if (random.chance(0.2))
    spec.strategy = random.pick<JsonValue>([{ $retainKeys: ['type'], type: 'Recreate' }, { type: 'RollingUpdate' }])
  if (random.chance(0.8)) spec.template = { spec: podPatch(random) }
  return { ...patch, spec }
}

function metadataPatch(random: Random): JsonObject {
  return random.pick<JsonObject>([
    {},
    { labels: { c: 'c', b: null } },
    { labels: { $patch: 'replace', only: 'x' } },
    { labels: { $patch: 'delete' } },
    { finalizers: ['x.dev/c'] },
    { finalizers: ['x.dev/c', 'x.dev/a'], '$setElementOrder/finalizers': ['x.dev/c', 'x.dev/b', 'x.dev/a'] },
    { '$deleteFromPrimitiveList/finalizers': ['x.dev/a'] },
    {
      '$deleteFromPrimitiveList/finalizers': ['x.dev/a'],
      '$setElementOrder/finalizers': ['x.dev/b', 'x.dev/d'],
      finalizers: ['x.dev/d'],
    },
    { annotations: { $patch: 'frob' } },
    { '$setElementOrder/finalizers': ['x.dev/b', 'x.dev/a'] },
    { '$setElementOrder/finalizers': ['x.dev/b'], finalizers: ['x.dev/z'] },
  ])
}

function podPatch(random: Random): JsonObject {
  const names = random.some(['one', 'two', 'three'])
  const containers: JsonValue[] = names.map((name) => containerPatch(random, name))
  if (random.chance(0.15)) containers.push({ $patch: 'replace' }, container(random, 'four'))
  if (random.chance(0.1)) containers.push({ image: 'no-name' })
  const patch: JsonObject = { containers }
  if (random.chance(0.3))
    patch['$setElementOrder/containers'] = random.some(['one', 'two', 'three', 'four'], 0.9).map((name) => ({ name }))
  if (random.chance(0.3))
    patch.volumes = [
      { name: random.pick(['v', 'w', 'z']), $retainKeys: ['name', 'emptyDir'], emptyDir: { medium: 'Memory' } },
    ]
  if (random.chance(0.1)) patch.volumes = null
  if (random.chance(0.3)) patch.tolerations = random.some(['t', 'u']).map((key) => ({ key, operator: 'Exists' }))
  return patch
}

function containerPatch(random: Random, name: string): JsonObject {
  if (random.chance(0.15)) return { name, $patch: 'delete' }
  const { env, ports, command, ...rest } = container(random, name)
  return {
    ...rest,
    ...(random.chance(0.5) && { env: env as JsonValue }),
    ...(random.chance(0.3) && {
      env: [
        { name: 'A', $patch: 'delete' },
        { name: 'D', valueFrom: null, value: 'd' },
      ],
    }),
    ...(random.chance(0.5) && { ports: ports as JsonValue }),
    ...(random.chance(0.3) && { command: command as JsonValue }),
  }
}

function content({ metadata, ...object }: ApiObject): JsonObject {
  const { labels, annotations, finalizers } = metadata
  const text = JSON.stringify({ labels, annotations, finalizers, spec: object.spec }, dropUnread)
  return JSON.parse(text) as JsonObject
}

/** Go's decoder, next after the patch, leaves out nulls and what no field is for. */
function dropUnread(name: string, value: unknown): unknown {
  return value === null || name.startsWith('$') ? undefined : value
}

/** What we made is there, and in its order; what is there beside it are defaults. Empty and absent are one. */
function isWithin(ours: JsonValue, theirs: JsonValue | undefined): boolean {
  if (typeof ours === 'object' && ours !== null && Object.keys(ours).length === 0) return true
  if (Array.isArray(ours)) {
    return (
      Array.isArray(theirs) && ours.length === theirs.length && ours.every((each, at) => isWithin(each, theirs[at]))
    )
  }
  if (typeof ours !== 'object' || ours === null) return ours === theirs
  const labels = (theirs as JsonObject | undefined)?.labels
  const isSameSize =
    ours.labels === undefined ||
    Object.keys(ours.labels as JsonObject).length === Object.keys((labels ?? {}) as JsonObject).length
  return (
    isSameSize &&
    Object.entries(ours).every(([name, each]) => isWithin(each, (theirs as JsonObject | undefined)?.[name]))
  )
}
