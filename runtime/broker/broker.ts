import { RuntimeError } from '../errors.ts'
import { FairGate } from '../kube/fair-gate.ts'
import type { Resource } from '../kube/resource.ts'
import { isConflict } from '../kube/status-error.ts'
import { formatGvk } from '../util/gvk.ts'
import { messageOf } from '../util/message-of.ts'
import { isSameKind } from './allow.ts'
import type { BrokerContext, CallScope } from './call-scope.ts'
import type { EventRecorder } from './event-recorder.ts'
import { readEvent } from './events.ts'
import { raw } from './raw.ts'
import { get, list } from './reads.ts'
import { apply, create, patch, remove, update } from './writes.ts'

/**
 * Answers the host calls of one controller's handler: each is checked against the controller's rights before anything
 * is sent, and every argument comes from code that is not trusted.
 * out:     JSON text, or undefined for none
 * errors:  RuntimeError DENIED | REQUEST_INVALID | KIND_NOT_FOUND | API_UNREACHABLE, KubeStatusError; all go to the handler
 */
export type HostCall = (
  scope: CallScope,
  method: string,
  args: readonly unknown[],
  signal: AbortSignal,
) => Promise<string | undefined>

export interface BrokerOptions extends Omit<BrokerContext, 'callSignal' | 'inListTurn'> {
  readonly events: EventRecorder
  all(): Promise<Resource[]>
  now(): number
  warn(message: string): void
}

/** Of one controller, from the API server: each may be MAX_LIST_CHARS long. */
const LISTS_AT_ONCE = 2

export function createBroker(options: BrokerOptions): HostCall {
  const warn = onceASecond(options)
  const lists = new FairGate({ slots: LISTS_AT_ONCE, slotsPerUser: LISTS_AT_ONCE })
  return async (scope, method, args, signal) => {
    const run = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined
    if (run === undefined) {
      throw new RuntimeError('REQUEST_INVALID', `The context has no method "${method.slice(0, 50)}"`)
    }
    try {
      return await run(bindSignal({ ...options, warn }, signal, lists), scope, args)
    } catch (error) {
      if (isConflict(error)) scope.sawConflict = true
      throw error
    }
  }
}

type BoundOptions = BrokerOptions & BrokerContext
type Run = (options: BoundOptions, scope: CallScope, args: readonly unknown[]) => Promise<string | undefined>

const METHODS: Record<string, Run> = {
  get,
  list: async (options, scope, args) => `[${(await list(options, scope, args)).join(',')}]`,
  create,
  update,
  patch,
  apply,
  delete: remove,
  event,
  discover,
  raw: (options, scope, args) => raw(options, scope, options.all, args),
}

/** Once the call has settled, what of its requests still waits for its turn is dropped; what was sent is not. */
function bindSignal(options: BrokerOptions, signal: AbortSignal, lists: FairGate): BoundOptions {
  return {
    ...options,
    send: (request, unsent = signal) => options.send(request, unsent),
    callSignal: signal,
    inListTurn: (run) => lists.run(options.controller, signal, run),
  }
}

/**
 * An event is a courtesy: one that cannot be recorded is logged and the call goes on. It outlives the call, as handlers
 * seldom await it.
 */
async function event(context: BoundOptions, scope: CallScope, args: readonly unknown[]): Promise<undefined> {
  try {
    await context.events.record(readEvent(context, scope, args, context.now()))
  } catch (error) {
    context.warn(`Cannot record event ${JSON.stringify(args[1])}: ${messageOf(error)}`)
  }
}

/** Handlers can fail by the thousand. */
function onceASecond({ warn, now }: BrokerOptions): (message: string) => void {
  let warnedAt = Number.NEGATIVE_INFINITY
  let unsaid = 0
  return (message) => {
    if (now() - warnedAt < 1000) {
      unsaid++
      return
    }
    warn(unsaid === 0 ? message : `${message} (and ${unsaid} before it)`)
    warnedAt = now()
    unsaid = 0
  }
}

/** The kinds that `for`, `owns`, `watches` and `allow` name, as the API server serves them now. */
async function discover(context: BrokerOptions): Promise<string> {
  const named = [
    ...context.rights.implied,
    ...context.rights.allow.flatMap((entry) => ('path' in entry ? [] : [entry.gvk])),
  ]
  const served = (await context.all()).filter((resource) => named.some((gvk) => isSameKind(gvk, resource)))
  return JSON.stringify(
    served.map((resource) => ({
      kind: formatGvk(resource),
      plural: resource.plural,
      namespaced: resource.namespaced,
      verbs: resource.verbs,
      subresources: resource.subresources,
    })),
  )
}
