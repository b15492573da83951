import type { ApiObject } from '../../json.ts'
import type { Cell, Cells } from './cell.ts'
import { formatAge, formatHumanDuration } from './human-duration.ts'
import { findCondition, readCount, readField, readList, readText } from './read-field.ts'
import { formatLabels, formatSelectorOf, formatSelectorOrNone } from './selector-text.ts'

/** Names and images of the containers in a pod template. */
function containerCells(...template: string[]): Cells {
  const join = (field: string) => (object: ApiObject) =>
    readList(object, ...template, 'spec', 'containers')
      .map((container) => readText(container, field))
      .join(',')
  return { Containers: join('name'), Images: join('image') }
}

const TEMPLATE = containerCells('spec', 'template')

function counted(...path: string[]): Cell {
  return (object) => readCount(object, ...path)
}

function ratio(object: ApiObject): string {
  return `${readCount(object, 'status', 'readyReplicas')}/${readCount(object, 'spec', 'replicas')}`
}

const REPLICAS: Cells = {
  Desired: counted('spec', 'replicas'),
  Current: counted('status', 'replicas'),
  Ready: counted('status', 'readyReplicas'),
  ...TEMPLATE,
}

/** By `group/Kind`. */
export const WORKLOAD_COLUMNS: Readonly<Record<string, Cells>> = {
  '/PodTemplate': {
    ...containerCells('template'),
    'Pod Labels': (template) => formatLabels(readField(template, 'template', 'metadata', 'labels')),
  },
  '/ReplicationController': {
    ...REPLICAS,
    Selector: (controller) => formatLabels(readField(controller, 'spec', 'selector')),
  },
  'apps/ReplicaSet': { ...REPLICAS, Selector: selectorCell },
  'apps/Deployment': {
    Ready: ratio,
    'Up-to-date': counted('status', 'updatedReplicas'),
    Available: counted('status', 'availableReplicas'),
    ...TEMPLATE,
    Selector: (deployment) => formatSelectorOf(readField(deployment, 'spec', 'selector')),
  },
  'apps/StatefulSet': { Ready: ratio, ...TEMPLATE },
  'apps/DaemonSet': {
    Desired: counted('status', 'desiredNumberScheduled'),
    Current: counted('status', 'currentNumberScheduled'),
    Ready: counted('status', 'numberReady'),
    'Up-to-date': counted('status', 'updatedNumberScheduled'),
    Available: counted('status', 'numberAvailable'),
    'Node Selector': (set) => formatLabels(readField(set, 'spec', 'template', 'spec', 'nodeSelector')),
    ...TEMPLATE,
    Selector: selectorCell,
  },
  'apps/ControllerRevision': {
    Controller: formatController,
    Revision: (revision) => readCount(revision, 'revision'),
  },
  'batch/Job': {
    Status: formatJobStatus,
    Completions: formatCompletions,
    Duration: formatJobDuration,
    ...TEMPLATE,
    Selector: selectorCell,
  },
  'batch/CronJob': {
    Schedule: (job) => readText(job, 'spec', 'schedule'),
    Timezone: (job) => readText(job, 'spec', 'timeZone') || '<none>',
    Suspend: (job) => formatFlag(readField(job, 'spec', 'suspend')),
    Active: (job) => readList(job, 'status', 'active').length,
    'Last Schedule': (job, nowMs) => {
      const last = readField(job, 'status', 'lastScheduleTime')
      return last === undefined ? '<none>' : formatAge(last, nowMs)
    },
    ...containerCells('spec', 'jobTemplate', 'spec', 'template'),
    Selector: (job) => formatSelectorOrNone(readField(job, 'spec', 'jobTemplate', 'spec', 'selector')),
  },
}

function selectorCell(object: ApiObject): string {
  return formatSelectorOrNone(readField(object, 'spec', 'selector'))
}

function formatFlag(value: unknown): string {
  return value === undefined ? '<unset>' : value === true ? 'True' : 'False'
}

function formatController({ metadata }: ApiObject): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true)
  if (owner === undefined) return '<none>'
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : ''
  return `${owner.kind.toLowerCase()}${group.toLowerCase()}/${owner.name}`
}

function formatJobStatus(job: ApiObject): string {
  const conditions = readList(job, 'status', 'conditions')
  const holds = (type: string) => readText(findCondition(conditions, type), 'status') === 'True'
  if (holds('Complete')) return 'Complete'
  if (holds('Failed')) return 'Failed'
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating'
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(holds) ?? 'Running'
}

function formatCompletions(job: ApiObject): string {
  const succeeded = readCount(job, 'status', 'succeeded')
  const completions = readField(job, 'spec', 'completions')
  if (completions !== undefined) return `${succeeded}/${completions}`
  const parallelism = readCount(job, 'spec', 'parallelism')
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function formatJobDuration(job: ApiObject, nowMs: number): string {
  const started = readText(job, 'status', 'startTime')
  if (started === '') return ''
  const completed = readText(job, 'status', 'completionTime')
  return formatHumanDuration((completed === '' ? nowMs : Date.parse(completed)) - Date.parse(started))
}
