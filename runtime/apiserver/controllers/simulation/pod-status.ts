import type { Container, Pod, PodCondition, PodStatus } from './pod.ts'

/** Where a pod stands with its kubelet. */
export type PodStage =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly isReady: boolean }
  | { readonly kind: 'finished'; readonly exitCode: number }

/** What a kubelet would write. `now`: RFC 3339. */
export function podStatus(pod: Pod, stage: PodStage, hostIP: string, podIP: string, now: string): PodStatus {
  const old = pod.status ?? {}
  const startTime = old.startTime ?? now
  const conditions = conditionsOf(pod, stage, now)
  const statuses = (containers: readonly Container[], isInit: boolean) =>
    containers.map((container) => containerStatus(pod, container, isInit, stage, now))
  return {
    ...old,
    ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    phase: phaseOf(stage),
    conditions,
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(stage.kind !== 'starting' && { podIP, podIPs: [{ ip: podIP }] }),
    startTime,
    ...(pod.spec.initContainers && { initContainerStatuses: statuses(pod.spec.initContainers, true) }),
    containerStatuses: statuses(pod.spec.containers, false),
  }
}

function phaseOf(stage: PodStage): NonNullable<PodStatus['phase']> {
  if (stage.kind === 'starting') return 'Pending'
  if (stage.kind === 'running') return 'Running'
  return stage.exitCode === 0 ? 'Succeeded' : 'Failed'
}

/** In the order in which a kubelet lists them. */
function conditionsOf(pod: Pod, stage: PodStage, now: string): PodCondition[] {
  const isUp = stage.kind === 'running'
  const isReady = isUp && stage.isReady
  const finished = stage.kind === 'finished' && stage.exitCode === 0 ? { reason: 'PodCompleted' } : {}
  const unready = stage.kind === 'finished' && stage.exitCode !== 0 ? { reason: 'PodFailed' } : finished
  const names = pod.spec.containers.map(({ name }) => name).join(' ')
  const waits = { reason: 'ContainersNotReady', message: `containers with unready status: [${names}]` }
  const whyNot = isReady ? {} : stage.kind === 'finished' ? unready : waits
  const wanted: [string, boolean, object][] = [
    ['PodReadyToStartContainers', isUp, {}],
    ['Initialized', true, finished],
    ['Ready', isReady, whyNot],
    ['ContainersReady', isReady, whyNot],
    ['PodScheduled', true, {}],
  ]
  const old = pod.status?.conditions ?? []
  const own = wanted.map(([type, isTrue, why]): PodCondition => {
    const status = isTrue ? 'True' : 'False'
    const before = old.find((condition) => condition.type === type)
    const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? now) : now
    const { generation } = pod.metadata
    return {
      type,
      ...(generation !== undefined && { observedGeneration: generation }),
      status,
      lastProbeTime: null,
      lastTransitionTime,
      ...why,
    }
  })
  return [...own, ...old.filter(({ type }) => !wanted.some(([known]) => known === type))]
}

function containerStatus(pod: Pod, { name, image = '' }: Container, isInit: boolean, stage: PodStage, now: string) {
  const isUp = stage.kind === 'running'
  const startedAt = pod.status?.startTime ?? now
  const containerID = `simulated://${pod.metadata.uid}/${name}`
  const base = {
    name,
    image,
    imageID: stage.kind === 'starting' ? '' : `simulated://${image}`,
    lastState: {},
    restartCount: 0,
  }
  if (stage.kind === 'starting') {
    const reason = isInit || pod.spec.initContainers === undefined ? 'ContainerCreating' : 'PodInitializing'
    return { ...base, ready: false, started: false, state: { waiting: { reason } } }
  }
  const ended = (exitCode: number) => ({
    terminated: { containerID, exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt, finishedAt: now },
  })
  if (isInit) return { ...base, containerID, ready: true, started: false, state: keepState(pod, name) ?? ended(0) }
  if (isUp) return { ...base, containerID, ready: stage.isReady, started: true, state: { running: { startedAt: now } } }
  return { ...base, containerID, ready: false, started: false, state: ended(stage.exitCode) }
}

/** An init container ended once. */
function keepState(pod: Pod, name: string): object | undefined {
  const statuses = (pod.status?.initContainerStatuses ?? []) as { name: string; state?: { terminated?: object } }[]
  const state = statuses.find((status) => status.name === name)?.state
  return state?.terminated === undefined ? undefined : state
}
