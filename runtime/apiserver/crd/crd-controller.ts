import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../util/clock.ts'
import { trackUpdate } from '../apply/managed-fields.ts'
import type { InProcessClient } from '../in-process-client.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import type { Registry } from '../kinds/registry.ts'
import type { Store } from '../storage/store.ts'
import { acceptNames, namesInUse } from './accepted-names.ts'
import { approvalOf, isProtectedGroup } from './api-approval.ts'
import { customResources } from './custom-resources.ts'
import {
  CLEANUP_FINALIZER,
  DEFINITION_STORAGE,
  type Definition,
  findCondition,
  isConditionTrue,
  setCondition,
} from './definition.ts'
import { createDefinitionStrategy } from './definition-strategy.ts'
import { isValidBundle } from './validate-conversion.ts'
import type { WebhookConversion } from './webhook-conversion.ts'

export interface CrdControllerOptions {
  readonly store: Store
  /** Has the kind CustomResourceDefinition itself; it is given its strategy here. */
  readonly registry: Registry
  /** Deletes instances as anybody would, with their finalizers minded. */
  readonly client: InProcessClient
  readonly clock: Clock
  readonly resolveService?: WebhookConversion['resolveService']
  readonly onError?: (error: unknown) => void
}

export interface CrdController {
  /** Nothing waits; instances that keep a definition do not count. */
  readonly isIdle: boolean
  stop(): void
}

/** Deletions that failed are tried again after this time. */
const RETRY_MS = 1000

/**
 * Follows the definitions in the store: accepts their names, sets their conditions, serves what is established, and takes
 * instances away before their definition goes. All but that last is done within the microtask after a change, so that
 * whoever is answered finds the kind served.
 * source: apiextensions-apiserver pkg/controller/{status,establish,apiapproval,finalizer}
 */
export function createCrdController(options: CrdControllerOptions): CrdController {
  const { store, registry, clock } = options
  const resolveService = options.resolveService ?? (() => undefined)
  const now = () => new Date(clock.now())
  /** Names of definitions that need a look. */
  const waiting = new Set<string>()
  /** By the name of its definition: what is served, and of what. */
  const served = new Map<string, Served>()
  /** Definitions whose instances are being deleted. */
  const cleaning = new Set<string>()
  const timers = new Set<() => void>()
  let isScheduled = false
  let isStopped = false

  adoptDefinitionKind(registry, now)
  const cancelWatch = store.watch(DEFINITION_STORAGE, ({ stored }) => add(stored.name))
  for (const { name } of store.list(DEFINITION_STORAGE)) waiting.add(name)
  drain()
  return {
    get isIdle() {
      return waiting.size === 0
    },
    stop() {
      isStopped = true
      cancelWatch()
      for (const cancel of timers) cancel()
    },
  }

  function add(name: string): void {
    waiting.add(name)
    if (isScheduled || isStopped) return
    isScheduled = true
    queueMicrotask(() => {
      isScheduled = false
      if (!isStopped) drain()
    })
  }

  /** Ends as every write is a step to a state in which nothing is to be written. */
  function drain(): void {
    for (const name of waiting) {
      waiting.delete(name)
      try {
        reconcile(name)
      } catch (error) {
        options.onError?.(error)
      }
    }
  }

  function reconcile(name: string): void {
    const definition = read(name)
    if (definition === undefined) return forget(name)
    const isGoing = definition.metadata.deletionTimestamp !== undefined
    if (advance(definition)) return
    serve(definition)
    if (isGoing && (definition.metadata.finalizers ?? []).includes(CLEANUP_FINALIZER)) startCleaning(name)
  }

  function read(name: string): Definition | undefined {
    const stored = store.get(DEFINITION_STORAGE, '', name)
    return stored && (JSON.parse(stored.text) as Definition)
  }

  function allOf(group: string): Definition[] {
    return store
      .list(DEFINITION_STORAGE)
      .map(({ text }) => JSON.parse(text) as Definition)
      .filter(({ spec }) => spec.group === group)
  }

  /** The next of its conditions, one write at a time; true when there was one. */
  function advance(definition: Definition): boolean {
    const before = structuredClone(definition)
    const { group } = definition.spec
    if (acceptNames(definition, namesInUse(allOf(group), group), now())) {
      write(definition, before)
      for (const { metadata } of allOf(group)) if (metadata.name !== undefined) add(metadata.name)
      return true
    }
    if (!establish(definition, now()) && !approve(definition, now())) return false
    write(definition, before)
    return true
  }

  function write(definition: Definition, old: Definition): void {
    const resource = definitionKind(registry)
    const revision = Number(old.metadata.resourceVersion)
    if (resource !== undefined)
      trackUpdate({ resource, old, object: definition, manager: 'kube-apiserver', subresource: 'status', now: now() })
    store.put(DEFINITION_STORAGE, definition, revision)
  }

  function serve(definition: Definition): void {
    const name = definition.metadata.name ?? ''
    if (!isConditionTrue(definition, 'Established')) return
    const { spec, status } = definition
    const isTerminating = isConditionTrue(definition, 'Terminating')
    const known = served.get(name)?.state
    const isKnown = known !== undefined && isDeepStrictEqual([known.spec, known.names], [spec, status.acceptedNames])
    const state: Served['state'] = { spec: isKnown ? known.spec : spec, names: status.acceptedNames, isTerminating }
    if (isDeepStrictEqual(known, state)) return
    const resources = customResources({ ...definition, spec: state.spec }, resolveService)
    served.set(name, { group: spec.group, plural: status.acceptedNames.plural, state })
    const versions = resources.map(({ version }) => version)
    registry.remove(spec.group, status.acceptedNames.plural, versions)
    if (resources.length > 0) registry.set(resources)
  }

  function forget(name: string): void {
    const known = served.get(name)
    served.delete(name)
    cleaning.delete(name)
    if (known !== undefined) registry.remove(known.group, known.plural)
    // What it gave back may be what another waits for.
    const group = known?.group ?? name.slice(name.indexOf('.') + 1)
    for (const { metadata } of allOf(group)) if (metadata.name !== undefined) add(metadata.name)
  }

  function startCleaning(name: string): void {
    if (cleaning.has(name)) return
    cleaning.add(name)
    clean(name).catch((error: unknown) => {
      options.onError?.(error)
      cleaning.delete(name)
      const cancel = clock.after(RETRY_MS, () => {
        timers.delete(cancel)
        add(name)
      })
      timers.add(cancel)
    })
  }

  async function clean(name: string): Promise<void> {
    const definition = read(name)
    if (definition === undefined) return
    const isServed = isConditionTrue(definition, 'Established')
    const storage = `${definition.spec.group}/${definition.spec.names.plural}`
    terminating(name, 'True', 'InstanceDeletionInProgress', 'CustomResource deletion is in progress')
    if (!isServed) return finish(name, 'NeverEstablished', 'resource was never established')
    await deleteInstances(definition, storage)
    await emptied(storage)
    finish(name, 'InstanceDeletionCompleted', 'removed all instances')
  }

  function terminating(name: string, status: 'True' | 'False', reason: string, message: string): void {
    const definition = read(name)
    if (definition === undefined) return
    const before = structuredClone(definition)
    setCondition(definition, { type: 'Terminating', status, reason, message }, now())
    if (!isDeepStrictEqual(before, definition)) write(definition, before)
  }

  async function deleteInstances({ spec }: Definition, storage: string): Promise<void> {
    const version = spec.versions.find((each) => each.served)?.name
    const namespaces = new Set(store.list(storage).map(({ namespace }) => namespace))
    // Without a served version nobody could have asked for them to be deleted either: they go as they are.
    if (version === undefined) {
      for (const { namespace, name, revision } of store.list(storage)) store.delete(storage, namespace, name, revision)
      return
    }
    for (const namespace of namespaces) {
      const within = namespace === '' ? '' : `namespaces/${namespace}/`
      const path = `/apis/${spec.group}/${version}/${within}${spec.names.plural}`
      const { code, body } = await options.client.request('DELETE', path)
      if (code >= 400) throw new Error(`Cannot delete the instances of "${storage}": ${JSON.stringify(body)}`)
    }
  }

  /** Waits for the last of them, however long its finalizers take. */
  function emptied(storage: string): Promise<void> {
    if (store.count(storage) === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = store.watch(storage, () => {
        if (store.count(storage) > 0) return
        timers.delete(cancel)
        cancel()
        resolve()
      })
      timers.add(cancel)
    })
  }

  /** Takes the finalizer off: the definition goes, unless others hold it. */
  function finish(name: string, reason: string, message: string): void {
    const definition = read(name)
    if (definition === undefined || isStopped) return
    const revision = Number(definition.metadata.resourceVersion)
    setCondition(definition, { type: 'Terminating', status: 'False', reason, message }, now())
    const finalizers = (definition.metadata.finalizers ?? []).filter((each) => each !== CLEANUP_FINALIZER)
    if (finalizers.length > 0) {
      definition.metadata.finalizers = finalizers
      store.put(DEFINITION_STORAGE, definition, revision)
      return
    }
    delete definition.metadata.finalizers
    store.delete(DEFINITION_STORAGE, '', name, revision, definition)
  }
}

interface Served {
  readonly group: string
  readonly plural: string
  readonly state: {
    readonly spec: Definition['spec']
    readonly names: Definition['status']['acceptedNames']
    readonly isTerminating: boolean
  }
}

function definitionKind(registry: Registry): ApiResource | undefined {
  return registry.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions')
}

function adoptDefinitionKind(registry: Registry, now: () => Date): void {
  const kind = definitionKind(registry)
  if (kind !== undefined) registry.set([{ ...kind, strategy: createDefinitionStrategy(now) }])
}

/** Names are accepted: it can be served, unless its webhook's certificates are none. */
function establish(definition: Definition, now: Date): boolean {
  if (!isConditionTrue(definition, 'NamesAccepted') || isConditionTrue(definition, 'Established')) return false
  const isBroken = !isValidBundle(definition.spec.conversion?.webhook?.clientConfig?.caBundle)
  if (isBroken && findCondition(definition, 'Established')?.reason === 'InvalidCABundle') return false
  setCondition(
    definition,
    isBroken
      ? {
          type: 'Established',
          status: 'False',
          reason: 'InvalidCABundle',
          message: 'The conversion webhook CABundle is invalid',
        }
      : {
          type: 'Established',
          status: 'True',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        },
    now,
  )
  return true
}

const APPROVAL = {
  approved: { status: 'True', reason: 'ApprovedAnnotation' },
  bypassed: { status: 'False', reason: 'UnapprovedAnnotation' },
  missing: { status: 'False', reason: 'MissingAnnotation' },
  invalid: { status: 'False', reason: 'InvalidAnnotation' },
} as const

function approve(definition: Definition, now: Date): boolean {
  if (!isProtectedGroup(definition.spec.group)) return false
  const { state, reason: message } = approvalOf(definition)
  const condition = { type: 'KubernetesAPIApprovalPolicyConformant', ...APPROVAL[state], message } as const
  const known = findCondition(definition, condition.type)
  if (known?.status === condition.status && known.reason === condition.reason && known.message === message) return false
  setCondition(definition, condition, now)
  return true
}
