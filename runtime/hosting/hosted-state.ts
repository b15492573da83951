import type { AccessCheck } from '../controller/access-check.ts'
import type { Controller } from '../controller/controller.ts'
import type { Scope } from '../controller/scopes.ts'
import type { SandboxState } from '../sandbox/sandbox.ts'

/** Where a controller stands: of the named waiting states, or at work. */
export interface HostedState {
  readonly state:
    | 'Loading'
    | 'Syncing'
    | 'Standby'
    | 'Running'
    | 'WaitingForCRD'
    | 'Forbidden'
    | 'ConfigError'
    | 'HandlerFailed'
  readonly message?: string
  /** Synced, or waiting for something that has a name: the host as a whole is ready. */
  readonly ok: boolean
}

/** What the state of a controller follows from. */
export interface HostedParts {
  /** All that it follows. */
  readonly scopes: readonly Scope[]
  readonly access: Pick<AccessCheck, 'state' | 'isHeld'>
  readonly controller: Pick<Controller, 'finalizersBlocking' | 'slowed'>
  readonly sandbox: SandboxState | undefined
  readonly hasBundle: boolean
  /** Why the newest version of the handler does not run. */
  readonly handlerFault: string | undefined
  readonly isLeader: boolean
}

/** The first that applies: what cannot be followed, what is not allowed, what does not load, what is not there yet. */
export function hostedState(parts: HostedParts): HostedState {
  const { scopes, access, sandbox, hasBundle, isLeader } = parts
  const states = scopes.map(({ informer }) => informer.state)
  const unfit = states.find(({ kind }) => kind === 'ConfigError' || kind === 'WaitingForCRD')
  if (unfit !== undefined && 'message' in unfit) {
    return { state: unfit.kind as HostedState['state'], message: unfit.message, ok: true }
  }
  const forbidden = forbiddenOf(parts)
  if (forbidden !== undefined) return { state: 'Forbidden', message: forbidden, ok: true }
  if (!hasBundle) return stateWithoutBundle(parts)
  if (sandbox?.kind === 'failed') return { state: 'HandlerFailed', message: sandbox.message, ok: true }
  const unsynced = scopes.find(({ informer }) => !informer.hasSynced)?.informer.state
  if (unsynced !== undefined) {
    return { state: 'Syncing', ok: false, ...('message' in unsynced ? { message: unsynced.message } : {}) }
  }
  if (access.isHeld) return { state: 'Syncing', ok: false, message: 'asking for the rights that it needs' }
  return { state: isLeader ? 'Running' : 'Standby', ok: true, ...trouble(parts) }
}

/** What is missing, all of it where the API server says so beforehand, else what it refused. */
export function forbiddenOf({ scopes, access: { state } }: Pick<HostedParts, 'scopes' | 'access'>): string | undefined {
  if (state.kind === 'missing') return state.message
  const refused = scopes.map(({ informer }) => informer.state).find(({ kind }) => kind === 'Forbidden')
  return refused !== undefined && 'message' in refused ? refused.message : undefined
}

function stateWithoutBundle({ handlerFault }: HostedParts): HostedState {
  if (handlerFault === undefined) return { state: 'Loading', ok: false }
  return { state: 'HandlerFailed', message: handlerFault, ok: true }
}

/** Of a controller at work. */
function trouble({ access, controller, handlerFault }: HostedParts): { message?: string } {
  const { finalizersBlocking: blocking, slowed } = controller
  const troubles = [
    ...('message' in access.state ? [access.state.message] : []),
    ...(handlerFault === undefined ? [] : [`the newest version does not load: ${handlerFault}`]),
    ...(blocking === 0 ? [] : [`finalize fails and blocks ${count(blocking, 'deletion')}`]),
    ...(slowed === 0 ? [] : [`slowed down in a hot loop: ${count(slowed, 'key')}`]),
  ]
  return troubles.length === 0 ? {} : { message: troubles.join('; ') }
}

function count(number: number, what: string): string {
  return number === 1 ? `1 ${what}` : `${number} ${what}s`
}
