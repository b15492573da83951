import type { ControllerConfig } from '../config/schema.ts'
import type { KubeRequest } from '../kube/client.ts'
import type { Resource } from '../kube/resource.ts'
import type { Clock } from '../util/clock.ts'
import { messageOf } from '../util/message-of.ts'
import { Background } from './background.ts'
import { finalizerOf } from './finalizer.ts'
import { type Bearer, listBearers } from './finalizer-bearers.ts'
import { stripFinalizer } from './finalizer-strip.ts'
import { countObjects } from './finalizer-upkeep.ts'

export interface RetireOptions {
  /** The entry as it was. */
  readonly config: Pick<ControllerConfig, 'name' | 'gvk' | 'forText' | 'namespaces'>
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly log: { info(message: string): void; warn(message: string): void }
  send(request: KubeRequest): Promise<{ code: number; text: string }>
  resource(): Promise<Resource | undefined>
  /** Asked right before each write: false for what an entry of that name takes care of (again). */
  isWanted(bearer: Bearer): boolean
}

/** Takes the finalizer off all objects of an entry that is no more, until none bears it; says how many, or that it was cut off. */
export async function retireFinalizer(options: RetireOptions): Promise<void> {
  const { config, clock, signal, log } = options
  const send = (request: KubeRequest) => options.send({ ...request, signal })
  const finalizer = finalizerOf(config.name)
  const onFailure = (error: unknown) =>
    log.warn(`Cannot remove the finalizer "${finalizer}", trying again: ${messageOf(error)}`)
  let isDone = false
  const run = async () => {
    const resource = await options.resource()
    if (resource === undefined) {
      isDone = true
      return
    }
    const stripped = await stripFinalizer({
      controller: config.name,
      finalizer,
      send,
      resource,
      clock,
      signal,
      list: () => listBearers({ send, resource, finalizer, namespaces: config.namespaces }),
      isWanted: options.isWanted,
      onFailure,
    })
    isDone = stripped.isDone
    const objects = `${countObjects(stripped.removed)} of ${config.forText}`
    log.info(`No longer in the config: took the finalizer "${finalizer}" off ${objects}`)
  }
  const task = new Background({ clock, signal, onFailure, run })
  task.start()
  await task.idle
  // The next start knows nothing of an entry that is not there.
  if (!isDone) {
    log.warn(
      `The host ends before the finalizer "${finalizer}" was taken off all of ${config.forText}: what bears it cannot go; run "ostler finalizers remove ${config.name}"`,
    )
  }
}
