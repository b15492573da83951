import { isDeepStrictEqual } from 'node:util'
import { trackUpdate } from '../../../runtime/apiserver/apply/managed-fields.ts'
import { applyObject } from '../../../runtime/apiserver/apply/server-side-apply.ts'
import type { ApiObject, JsonObject, JsonValue } from '../../../runtime/apiserver/json.ts'
import { ApiError } from '../../../runtime/apiserver/status.ts'
import type { ControlPlane } from '../../control-plane/control-plane.ts'
import { GADGET_DEFINITION, Random, type Scenario, scenarios } from './apply-scenarios.ts'

/** One request, and what we and the real server made of it. */
export interface Difference {
  readonly seed: number
  readonly step: number
  readonly what: string
  readonly request: unknown
  readonly live: unknown
  readonly ours: unknown
  readonly theirs: unknown
}

type Real = Pick<ControlPlane, 'request'>

/** Makes the custom kind of the scenarios, and waits until it is served. */
export async function defineGadgets(real: Real, deadlineMs = 20_000): Promise<void> {
  await real.request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', GADGET_DEFINITION)
  const until = Date.now() + deadlineMs
  const name = `warm-up-${until}`
  const object = { apiVersion: 'x.dev/v1', kind: 'Gadget', metadata: { name } }
  const path = `/apis/x.dev/v1/namespaces/default/gadgets/${name}?fieldManager=warm-up`
  while ((await real.request('PATCH', path, object, APPLY)).status >= 400) {
    if (Date.now() > until) throw new Error('The custom kind is not served')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
const APPLY = 'application/apply-patch+yaml'

/**
 * Tries one random sequence of applies, patches and updates of one object on the real server, and each of its steps on our
 * functions with what the real server had before it; ends at the first difference.
 */
export async function tryScenario(real: Real, seed: number, steps = 12): Promise<Difference | undefined> {
  const random = new Random(seed)
  const scenario = random.pick(scenarios())
  const path = `${scenario.collection}/s${seed}`
  let live: ApiObject | undefined
  for (let step = 0; step < steps; step++) {
    const attempt = live === undefined || random.chance(0.65) ? applyStep : random.chance(0.6) ? mergeStep : updateStep
    const outcome = await attempt({ real, scenario, random, path, live })
    if (outcome.difference !== undefined) return { seed, step, live, ...outcome.difference }
    live = outcome.live ?? live
  }
  await real.request('PATCH', path, { metadata: { finalizers: null } }, 'application/merge-patch+json')
  await real.request('DELETE', path)
  return undefined
}

interface Step {
  readonly real: Real
  readonly scenario: Scenario
  readonly random: Random
  readonly path: string
  readonly live: ApiObject | undefined
}

interface Outcome {
  readonly live: ApiObject | undefined
  readonly difference?: Omit<Difference, 'seed' | 'step' | 'live'>
}

async function applyStep({ real, scenario, random, path, live }: Step): Promise<Outcome> {
  const { resource } = scenario
  const isStatus = live !== undefined && scenario.status !== undefined && random.chance(0.2)
  const subresource = isStatus ? 'status' : ''
  const fields = isStatus && scenario.status !== undefined ? scenario.status(random) : scenario.fields(random)
  const force = random.chance(0.4)
  const manager = random.pick(['one', 'two', 'kubectl'])
  const applied = objectOf(scenario, path, fields)
  const url = `${path}${isStatus ? '/status' : ''}?fieldManager=${manager}&force=${force}`
  const answer = await real.request('PATCH', url, applied, APPLY)
  const theirs = answer.body as ApiObject
  let ours: ApiObject | ApiError
  try {
    const given = { applied: structuredClone(applied), live: structuredClone(live) }
    ours = applyObject({ resource, ...given, manager, force, subresource, now: new Date() })
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    ours = error
  }
  const request = { what: 'apply', manager, force, subresource, applied }
  // What is wrong with the object that came of it is not seen here.
  if (answer.status === 422 && !(ours instanceof ApiError)) return { live }
  if (answer.status >= 400 || ours instanceof ApiError) {
    const status = ours instanceof ApiError ? ours.status : ours
    return { live, ...differ('apply: error', request, sortCauses(status), sortCauses(answer.body)) }
  }
  const owners = differ('apply: owners', request, ownersOf(ours), ownersOf(theirs))
  if (owners.difference !== undefined) return { live, ...owners }
  const part = isStatus ? ['status'] : ['spec', 'data', 'binaryData']
  const [mine, real_] = [contentOf(ours, part), contentOf(theirs, part)]
  const isSame = scenario.isExact ? isDeepStrictEqual(withDefaultPorts(mine), real_) : isWithin(mine, real_)
  return { live: theirs, ...(isSame ? {} : differ('apply: object', request, mine, real_)) }
}

async function mergeStep({ real, scenario, random, path, live }: Step): Promise<Outcome> {
  const patch = scenario.fields(random)
  const manager = random.pick(['three', 'four'])
  const url = `${path}?fieldManager=${manager}`
  const answer = await real.request('PATCH', url, patch, 'application/merge-patch+json')
  return compareUpdate({
    scenario,
    live,
    answer,
    manager,
    sent: live?.metadata.managedFields,
    request: patch,
    subresource: '',
  })
}

async function updateStep({ real, scenario, random, path, live }: Step): Promise<Outcome> {
  const isStatus = scenario.status !== undefined && random.chance(0.3)
  const object = { ...structuredClone(live as ApiObject) }
  const { metadata, ...rest } = (
    isStatus ? (scenario.status as Scenario['fields'])(random) : scenario.fields(random)
  ) as {
    metadata?: JsonObject
    spec?: JsonObject
  }
  // Of built-in kinds the server puts back what it allocated; that is not ours to compare.
  const isBuiltIn = !scenario.resource.isCustom && !isStatus
  Object.assign(
    object,
    rest,
    isBuiltIn && rest.spec !== undefined && { spec: { ...(object.spec as JsonObject), ...rest.spec } },
  )
  Object.assign(object.metadata, metadata)
  if (random.chance(0.1)) object.metadata.managedFields = [{}]
  // As kubectl did before server-side apply.
  if (!isStatus && random.chance(0.5)) {
    const applied = JSON.stringify(objectOf(scenario, path, { ...rest, metadata: metadata ?? {} } as JsonObject))
    object.metadata.annotations = { ...object.metadata.annotations, [LAST_APPLIED]: applied }
  }
  const manager = random.pick(['five', 'kubectl-client-side-apply'])
  const url = `${path}${isStatus ? '/status' : ''}?fieldManager=${manager}`
  const answer = await real.request('PUT', url, object)
  const sent = object.metadata.managedFields
  return compareUpdate({
    scenario,
    live,
    answer,
    manager,
    sent,
    request: object,
    subresource: isStatus ? 'status' : '',
  })
}

function compareUpdate(update: {
  scenario: Scenario
  live: ApiObject | undefined
  answer: { status: number; body: unknown }
  manager: string
  sent: ApiObject['metadata']['managedFields']
  request: unknown
  subresource: string
}): Outcome {
  const { scenario, live, answer, manager, sent, request, subresource } = update
  if (answer.status >= 400) return { live }
  const theirs = answer.body as ApiObject
  const ours = structuredClone(theirs)
  if (sent === undefined) delete ours.metadata.managedFields
  else ours.metadata.managedFields = structuredClone(sent)
  trackUpdate({ resource: scenario.resource, old: live, object: ours, manager, subresource, now: new Date() })
  const what = subresource === '' ? 'update: owners' : 'update of status: owners'
  return { live: theirs, ...differ(what, { manager, request }, ownersOf(ours), ownersOf(theirs)) }
}

function differ(what: string, request: unknown, ours: unknown, theirs: unknown): Pick<Outcome, 'difference'> {
  return isDeepStrictEqual(ours, theirs) ? {} : { difference: { what, request, ours, theirs } }
}

function objectOf({ resource }: Scenario, path: string, fields: JsonObject): ApiObject {
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
  const name = path.split('/').at(-1) as string
  return { ...fields, apiVersion, kind: resource.kind, metadata: { name, ...(fields.metadata as JsonObject) } }
}

/** Without times, and so in another order; whether there is a time stays. */
function ownersOf({ metadata }: ApiObject): unknown {
  const entries = (metadata.managedFields ?? []).map(({ time, ...entry }) => ({
    ...entry,
    hasTime: time !== undefined,
  }))
  const nameOf = ({ operation, manager, apiVersion, subresource }: (typeof entries)[number]) =>
    [operation, manager, apiVersion, subresource].join()
  return entries.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}

/** The order of owners in a conflict is Go's order of maps: any. */
function sortCauses(status: unknown): unknown {
  const { message = '', ...rest } = structuredClone(status) as { message?: string; details?: { causes?: unknown[] } }
  rest.details?.causes?.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  return { ...rest, message: message.split('\n').sort() }
}

function contentOf(object: ApiObject, parts: readonly string[]): JsonObject {
  const { labels, annotations, finalizers, ownerReferences } = object.metadata
  const metadata = parts[0] === 'status' ? {} : { labels, annotations, finalizers, ownerReferences }
  const content = { ...metadata, ...Object.fromEntries(parts.map((part) => [part, object[part]])) }
  // Of metadata, and of built-in kinds, Go writes nothing that is empty.
  const isCustom = object.kind === 'Gadget'
  const kept = Object.entries(content).filter(
    ([name, value]) => value !== undefined && ((isCustom && parts.includes(name)) || !isEmpty(value as JsonValue)),
  )
  return JSON.parse(JSON.stringify(Object.fromEntries(kept)), dropNullLabels) as JsonObject
}

/** The metadata of embedded objects is read as such, and nulls in it are gone. */
function dropNullLabels(name: string, value: unknown): unknown {
  return name === 'labels' && value === null ? undefined : value
}

function isEmpty(value: JsonValue): boolean {
  if (value === false || value === 0 || value === '') return true
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

/** The one default of the custom kind. */
function withDefaultPorts(content: JsonObject): JsonObject {
  const spec = content.spec as JsonObject | undefined
  if (!Array.isArray(spec?.parts)) return content
  return { ...content, spec: { ...spec, parts: spec.parts.map((each) => ({ port: 80, ...(each as JsonObject) })) } }
}

/** Whether all that we made is there; what is there beside it are defaults. Go's zero values and absent ones are one. */
function isWithin(ours: JsonValue, theirs: JsonValue | undefined): boolean {
  if (isEmpty(ours)) return true
  if (Array.isArray(ours)) {
    return (
      Array.isArray(theirs) && ours.length === theirs.length && ours.every((each, at) => isWithin(each, theirs[at]))
    )
  }
  if (typeof ours !== 'object' || ours === null) return ours === theirs
  return Object.entries(ours).every(([name, each]) => isWithin(each, (theirs as JsonObject | undefined)?.[name]))
}
