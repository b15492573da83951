import { rfc3339 } from '../../timestamp.ts'
import { type ControllerContext, type RunningController, running, startLoop } from '../controller-context.ts'
import { unlessCode } from '../object-client.ts'
import { keyOf, parseKey } from '../object-key.ts'
import { addressOf, type Node } from './nodes.ts'
import { isFinished, isTerminating, PODS, type Pod } from './pod.ts'
import { createPodAddresses } from './pod-addresses.ts'
import { nameOf } from './pod-set.ts'
import { type PodStage, podStatus } from './pod-status.ts'

/** How long the parts of a simulated pod's life take, in milliseconds. */
export interface PodTimes {
  /** From its node to running and ready. */
  readonly startMs: number
  /** From running to the end, of a pod that is to end. */
  readonly runMs: number
  /** From the request to stop to having stopped; never more than the grace period. */
  readonly stopMs: number
}

/**
 * On pods: `fail`: its containers end with 1 (where they would be started again for ever, the pod is just never ready);
 * `unready`: it runs and never becomes ready; `run`: it runs on, where a pod of its restartPolicy would end.
 */
const SIMULATE_ANNOTATION = 'simulate.ostler.dev/pod'

/** Plays the kubelets of all nodes: pods start, become ready, end, and stop when they are told to. No container runs. */
export function startKubelet(context: ControllerContext, times: PodTimes): RunningController {
  const { store, objects, client, clock } = context
  const loop = startLoop(context, 'kubelet', reconcile)
  const addresses = createPodAddresses()
  for (const pod of objects.list<Pod>('/pods')) addresses.keep(pod.metadata.uid ?? '', pod.status?.podIP)
  /** By uid, in milliseconds: timestamps of the API are whole seconds. Gone with the pod, or once there is nothing to wait for. */
  const startedAt = new Map<string, number>()
  const stoppingSince = new Map<string, number>()
  const cancel = store.watch('/pods', ({ type, stored }) => {
    if (type === 'DELETED') forget(stored.uid)
    else loop.add(keyOf(stored))
  })
  for (const stored of store.list('/pods')) loop.add(keyOf(stored))
  return running(loop, cancel)

  async function reconcile(key: string): Promise<void> {
    const { namespace, name } = parseKey(key)
    const pod = objects.get<Pod>('/pods', namespace, name)
    if (pod === undefined || pod.spec.nodeName === undefined) return
    if (isTerminating(pod)) return await stop(key, pod)
    if (isFinished(pod)) return
    if (pod.status?.startTime !== undefined) return await advance(key, pod)
    await write(pod, { kind: 'starting' })
    startedAt.set(pod.metadata.uid ?? '', clock.now())
    loop.addAfter(key, times.startMs)
  }

  async function advance(key: string, pod: Pod): Promise<void> {
    const runsAt = (startedAt.get(pod.metadata.uid ?? '') ?? Date.parse(pod.status?.startTime ?? '')) + times.startMs
    if (clock.now() < runsAt) return loop.addAfter(key, runsAt - clock.now())
    const mode = pod.metadata.annotations?.[SIMULATE_ANNOTATION]
    const restarts = (pod.spec.restartPolicy ?? 'Always') === 'Always'
    const isReady = mode !== 'unready' && !(mode === 'fail' && restarts)
    // The write's event brings the turn that ends it.
    if (pod.status?.phase !== 'Running') return await write(pod, { kind: 'running', isReady })
    if (restarts || mode === 'run' || mode === 'unready') return
    const endsAt = runsAt + times.runMs
    if (clock.now() < endsAt) return loop.addAfter(key, endsAt - clock.now())
    await write(pod, { kind: 'finished', exitCode: mode === 'fail' ? 1 : 0 })
  }

  /** Its containers stop, then the pod is gone from the API. */
  async function stop(key: string, pod: Pod): Promise<void> {
    const { uid = '', deletionGracePeriodSeconds = 0 } = pod.metadata
    const since = stoppingSince.get(uid) ?? clock.now()
    stoppingSince.set(uid, since)
    const left = since + Math.min(times.stopMs, deletionGracePeriodSeconds * 1000) - clock.now()
    if (left > 0) return loop.addAfter(key, left)
    // Who counts pods, as a Job does, must see how it ended before it is gone; that write's event brings the last turn.
    if (!isFinished(pod)) return await write(pod, { kind: 'finished', exitCode: exitCodeWhenStopped(pod) })
    await unlessCode(client.delete(PODS, nameOf(pod), { gracePeriodSeconds: 0, preconditions: { uid } }), 404, 409)
  }

  function forget(uid: string): void {
    addresses.release(uid)
    startedAt.delete(uid)
    stoppingSince.delete(uid)
  }

  async function write(pod: Pod, stage: PodStage): Promise<void> {
    const hostIP = addressOf(objects.get<Node>('/nodes', '', pod.spec.nodeName ?? ''))
    const podIP = pod.spec.hostNetwork === true ? hostIP : addresses.of(pod.metadata.uid ?? '')
    const status = podStatus(pod, stage, hostIP, podIP, rfc3339(clock.now()))
    await unlessCode(client.update(PODS, { ...pod, status }, 'status'), 404)
  }
}

/** Servers end well when told to; what was to run to its end has not. 143: by SIGTERM. */
function exitCodeWhenStopped({ spec }: Pod): number {
  return (spec.restartPolicy ?? 'Always') === 'Always' ? 0 : 143
}
