import type { Clock } from '../../util/clock.ts'
import type { Registry } from '../kinds/registry.ts'
import type { Store } from '../storage/store.ts'
import type { StoredObjects } from '../storage/stored-objects.ts'
import { type ControlLoop, createControlLoop } from './control-loop.ts'
import type { EventRecorder } from './event-recorder.ts'
import { hasCode, type ObjectClient } from './object-client.ts'

/** What every controller is given. */
export interface ControllerContext {
  readonly store: Store
  readonly objects: StoredObjects
  readonly registry: Registry
  readonly client: ObjectClient
  readonly events: EventRecorder
  readonly clock: Clock
  /** Hears of what failed and will be tried again. */
  readonly onError: (controller: string, key: string, error: unknown) => void
}

/** A controller that runs. */
export interface RunningController {
  readonly isIdle: boolean
  stop(): void
}

export function startLoop(
  { clock, onError }: ControllerContext,
  controller: string,
  reconcile: (key: string) => Promise<void>,
): ControlLoop {
  return createControlLoop({ clock, reconcile, onError: tell })

  /** A conflict is how two writers take turns, and no fault. */
  function tell(key: string, error: unknown): void {
    if (!hasCode(error, 409)) onError(controller, key, error)
  }
}

/** The loop, ended together with what feeds it. */
export function running(loop: ControlLoop, ...cancels: readonly (() => void)[]): RunningController {
  return {
    get isIdle() {
      return loop.isIdle
    },
    stop() {
      for (const cancel of cancels) cancel()
      loop.stop()
    },
  }
}
