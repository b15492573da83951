import type { InProcessClient } from '../in-process-client.ts'
import type { ApiObject } from '../json.ts'
import { type DistilledApiService, readDistilledKinds } from '../kinds/distilled-kinds.ts'
import { isSame, jsonOf } from '../kinds/strategies/json-parts.ts'
import { localApiCondition } from '../kinds/strategies/prepare.ts'
import type { StoreEvent } from '../storage/store.ts'
import { rfc3339 } from '../timestamp.ts'
import { type ControllerContext, type RunningController, running, startLoop } from './controller-context.ts'
import { ObjectClient, unlessCode } from './object-client.ts'

interface ApiService extends ApiObject {
  readonly spec: DistilledApiService & { readonly service?: unknown }
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[]
  }
}

interface Definition extends ApiObject {
  readonly spec: {
    readonly group: string
    readonly versions: readonly { readonly name: string; readonly served: boolean }[]
  }
}

const API_SERVICES = { group: 'apiregistration.k8s.io', version: 'v1', plural: 'apiservices' }
const STORAGE = 'apiregistration.k8s.io/apiservices'
const DEFINITIONS = 'apiextensions.k8s.io/customresourcedefinitions'
/** Who cares for an object: `onstart` it was made as the server started, and is left alone; `true` it is kept as it should be. */
const MANAGED = 'kube-aggregator.kubernetes.io/automanaged'
/** All definitions' versions are ordered among themselves, after the built-in ones. */
const OF_DEFINITION = { groupPriorityMinimum: 1000, versionPriority: 100 }

/**
 * Keeps an APIService for each group-version that is served: the built-in ones from the start, those of definitions as they
 * come and go; and calls those available that no other server has to answer for.
 * source: kube-aggregator pkg/controllers/autoregister, pkg/controllers/status/local; kubernetes pkg/controlplane/controller/crdregistration
 */
export function startApiServices(context: ControllerContext, inProcess: InProcessClient): RunningController {
  const { store, objects, clock } = context
  const client = new ObjectClient(inProcess, 'kube-apiserver')
  const builtIn = new Map(readDistilledKinds().apiServices.map((spec) => [nameOf(spec), spec]))
  const knownAtStart = new Set(store.list(STORAGE).map(({ name }) => name))
  /** Those are made once, and not again when somebody deletes them. */
  const madeOnce = new Set<string>()
  const loop = startLoop(context, 'autoregister', reconcile)
  const cancels = [store.watch(STORAGE, ({ stored }) => loop.add(stored.name)), store.watch(DEFINITIONS, onDefinition)]
  for (const name of [...builtIn.keys(), ...knownAtStart]) loop.add(name)
  for (const definition of objects.list<Definition>(DEFINITIONS)) addVersionsOf(definition)
  return running(loop, ...cancels)

  function onDefinition({ stored, old }: StoreEvent): void {
    addVersionsOf(objects.parse(stored))
    if (old !== undefined) addVersionsOf(objects.parse(old))
  }

  function addVersionsOf({ spec }: Definition): void {
    for (const { name } of spec.versions) loop.add(nameOf({ group: spec.group, version: name }))
  }

  async function reconcile(name: string): Promise<void> {
    await register(name)
    // Others come and go with their definitions, as often as these do.
    if (builtIn.has(name) || knownAtStart.has(name)) madeOnce.add(name)
    const known = objects.get<ApiService>(STORAGE, '', name)
    if (known !== undefined) await makeAvailable(known)
  }

  async function register(name: string): Promise<void> {
    const known = objects.get<ApiService>(STORAGE, '', name)
    const ofDefinition = builtIn.has(name) ? undefined : servedByDefinition(name)
    const wanted = builtIn.get(name) ?? ofDefinition
    if (builtIn.has(name) && madeOnce.has(name)) return
    if (known === undefined) {
      if (wanted !== undefined) await create(name, wanted, ofDefinition === undefined ? 'onstart' : 'true')
      return
    }
    const managed = known.metadata.labels?.[MANAGED]
    if (managed !== 'onstart' && managed !== 'true') return
    if (managed === 'onstart' && (!knownAtStart.has(name) || madeOnce.has(name))) return
    await correct(known, wanted)
  }

  async function create(name: string, spec: DistilledApiService, managed: string): Promise<void> {
    const metadata = { name, labels: { [MANAGED]: managed } }
    const object = { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata, spec }
    await unlessCode(client.create(API_SERVICES, object), 409)
  }

  async function correct(known: ApiService, wanted: DistilledApiService | undefined): Promise<void> {
    const { name = '', uid = '' } = known.metadata
    if (wanted === undefined) {
      await unlessCode(client.delete(API_SERVICES, { namespace: '', name }, { preconditions: { uid } }), 404, 409)
    } else if (!isSame(jsonOf(known.spec), jsonOf(wanted)))
      await unlessCode(client.update(API_SERVICES, { ...known, spec: wanted }), 404, 409)
  }

  function servedByDefinition(name: string): DistilledApiService | undefined {
    for (const { spec } of objects.list<Definition>(DEFINITIONS)) {
      const version = spec.versions.find(
        (each) => each.served && nameOf({ group: spec.group, version: each.name }) === name,
      )
      if (version !== undefined) return { group: spec.group, version: version.name, ...OF_DEFINITION }
    }
    return undefined
  }

  async function makeAvailable(known: ApiService): Promise<void> {
    const { conditions = [] } = known.status ?? {}
    const isSaid = conditions.some(
      ({ type, status, reason }) => type === 'Available' && status === 'True' && reason === 'Local',
    )
    if (known.spec.service !== undefined || isSaid) return
    const available = localApiCondition(rfc3339(clock.now()))
    const others = conditions.filter(({ type }) => type !== 'Available')
    await unlessCode(
      client.update(API_SERVICES, { ...known, status: { conditions: [...others, available] } }, 'status'),
      404,
    )
  }
}

function nameOf({ group = '', version }: Pick<DistilledApiService, 'group' | 'version'>): string {
  return `${version}.${group}`
}
