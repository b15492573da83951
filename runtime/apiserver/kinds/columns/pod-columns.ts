import type { ApiObject } from '../../json.ts'
import type { Cells } from './cell.ts'
import { formatAge } from './human-duration.ts'
import { findCondition, readCount, readField, readList, readText } from './read-field.ts'

/** source: kubernetes pkg/printers/internalversion/printers.go printPod */
export const POD_COLUMNS: Cells = {
  Ready: (pod) => {
    const { ready, total } = summarize(pod)
    return `${ready}/${total}`
  },
  Status: (pod) => summarize(pod).reason,
  Restarts: (pod, nowMs) => {
    const { restarts, lastRestart } = summarize(pod)
    return restarts === 0 || lastRestart === '' ? `${restarts}` : `${restarts} (${formatAge(lastRestart, nowMs)} ago)`
  },
  IP: (pod) => readText(pod, 'status', 'podIPs', 0, 'ip') || '<none>',
  Node: (pod) => readText(pod, 'spec', 'nodeName') || '<none>',
  'Nominated Node': (pod) => readText(pod, 'status', 'nominatedNodeName') || '<none>',
  'Readiness Gates': formatReadinessGates,
}

function formatReadinessGates(pod: ApiObject): string {
  const gates = readList(pod, 'spec', 'readinessGates').map((gate) => readText(gate, 'conditionType'))
  if (gates.length === 0) return '<none>'
  const conditions = readList(pod, 'status', 'conditions')
  const passed = gates.filter((type) => readText(findCondition(conditions, type), 'status') === 'True')
  return `${passed.length}/${gates.length}`
}

interface PodSummary {
  reason: string
  ready: number
  total: number
  restarts: number
  /** RFC 3339; empty: none. */
  lastRestart: string
}

function summarize(pod: ApiObject): PodSummary {
  const phase = readText(pod, 'status', 'phase')
  const sidecars = sidecarNames(pod)
  const conditions = readList(pod, 'status', 'conditions')
  const isGated = conditions.some(
    (each) => readText(each, 'type') === 'PodScheduled' && readText(each, 'reason') === 'SchedulingGated',
  )
  const summary: PodSummary = {
    reason: isGated ? 'SchedulingGated' : readText(pod, 'status', 'reason') || phase,
    ready: 0,
    total: readList(pod, 'spec', 'containers').length + sidecars.size,
    restarts: 0,
    lastRestart: '',
  }
  const isInitializing = summarizeInit(pod, sidecars, summary)
  const isInitialized = readText(findCondition(conditions, 'Initialized'), 'status') === 'True'
  if (!isInitializing || isInitialized) {
    Object.assign(summary, sidecarRestarts(pod, sidecars))
    summarizeContainers(pod, conditions, summary)
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (readText(pod, 'status', 'reason') === 'NodeLost') summary.reason = 'Unknown'
    else if (phase !== 'Succeeded' && phase !== 'Failed') summary.reason = 'Terminating'
  }
  return summary
}

/** Init containers that go on running. */
function sidecarNames(pod: ApiObject): Set<string> {
  const init = readList(pod, 'spec', 'initContainers')
  return new Set(
    init.filter((each) => readText(each, 'restartPolicy') === 'Always').map((each) => readText(each, 'name')),
  )
}

type Restarts = Pick<PodSummary, 'restarts' | 'lastRestart'>

function addRestarts(sum: Restarts, status: unknown): void {
  sum.restarts += readCount(status, 'restartCount')
  const finishedAt = readText(status, 'lastState', 'terminated', 'finishedAt')
  if (finishedAt > sum.lastRestart) sum.lastRestart = finishedAt
}

function sidecarRestarts(pod: ApiObject, sidecars: ReadonlySet<string>): Restarts {
  const sum = { restarts: 0, lastRestart: '' }
  for (const status of readList(pod, 'status', 'initContainerStatuses')) {
    if (sidecars.has(readText(status, 'name'))) addRestarts(sum, status)
  }
  return sum
}

/** Whether an init container still keeps the others from starting. */
function summarizeInit(pod: ApiObject, sidecars: ReadonlySet<string>, summary: PodSummary): boolean {
  const count = readList(pod, 'spec', 'initContainers').length
  for (const [i, status] of readList(pod, 'status', 'initContainerStatuses').entries()) {
    addRestarts(summary, status)
    const terminated = readField(status, 'state', 'terminated')
    if (terminated !== undefined && readCount(terminated, 'exitCode') === 0) continue
    if (sidecars.has(readText(status, 'name')) && readField(status, 'started') === true) {
      if (readField(status, 'ready') === true) summary.ready++
      continue
    }
    const waiting = readText(status, 'state', 'waiting', 'reason')
    if (terminated !== undefined) summary.reason = `Init:${terminationReason(terminated)}`
    else if (waiting !== '' && waiting !== 'PodInitializing') summary.reason = `Init:${waiting}`
    else summary.reason = `Init:${i}/${count}`
    return true
  }
  return false
}

function terminationReason(terminated: unknown): string {
  const reason = readText(terminated, 'reason')
  if (reason !== '') return reason
  const signal = readCount(terminated, 'signal')
  return signal === 0 ? `ExitCode:${readCount(terminated, 'exitCode')}` : `Signal:${signal}`
}

function summarizeContainers(pod: ApiObject, conditions: readonly unknown[], summary: PodSummary): void {
  let isRunning = false
  let errorReason = ''
  for (const status of readList(pod, 'status', 'containerStatuses').toReversed()) {
    addRestarts(summary, status)
    const waiting = readText(status, 'state', 'waiting', 'reason')
    const terminated = readField(status, 'state', 'terminated')
    if (waiting !== '') summary.reason = waiting
    else if (terminated !== undefined) {
      summary.reason = terminationReason(terminated)
      if (readCount(terminated, 'exitCode') !== 0) errorReason = summary.reason
    } else if (readField(status, 'ready') === true && readField(status, 'state', 'running') !== undefined) {
      isRunning = true
      summary.ready++
    }
  }
  if (summary.reason !== 'Completed') return
  const isReady = readText(findCondition(conditions, 'Ready'), 'status') === 'True'
  if (isRunning && isReady) summary.reason = 'Running'
  else if (errorReason !== '') summary.reason = errorReason
  else if (isRunning) summary.reason = 'NotReady'
}
