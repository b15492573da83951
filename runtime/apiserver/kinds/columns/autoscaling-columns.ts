import type { ApiObject } from '../../json.ts'
import type { Cells } from './cell.ts'
import { readCount, readField, readList, readText } from './read-field.ts'

/** By `group/Kind`. */
export const AUTOSCALING_COLUMNS: Readonly<Record<string, Cells>> = {
  'autoscaling/HorizontalPodAutoscaler': {
    Reference: (scaler) =>
      `${readText(scaler, 'spec', 'scaleTargetRef', 'kind')}/${readText(scaler, 'spec', 'scaleTargetRef', 'name')}`,
    Targets: formatTargets,
    MinPods: (scaler) => readText(scaler, 'spec', 'minReplicas') || '<unset>',
    MaxPods: (scaler) => readCount(scaler, 'spec', 'maxReplicas'),
    Replicas: (scaler) => readCount(scaler, 'status', 'currentReplicas'),
  },
  'policy/PodDisruptionBudget': {
    'Min Available': (budget) => readText(budget, 'spec', 'minAvailable') || 'N/A',
    'Max Unavailable': (budget) => readText(budget, 'spec', 'maxUnavailable') || 'N/A',
    'Allowed Disruptions': (budget) => readCount(budget, 'status', 'disruptionsAllowed'),
  },
}

const SHOWN = 2

/** source: kubernetes pkg/printers/internalversion/printers.go formatHPAMetrics */
function formatTargets(scaler: ApiObject): string {
  if (scaler.apiVersion === 'autoscaling/v1') return formatCpuTarget(scaler)
  const current = readList(scaler, 'status', 'currentMetrics')
  const metrics = readList(scaler, 'spec', 'metrics').map((metric, i) => formatMetric(metric, current[i]))
  if (metrics.length === 0) return '<none>'
  const shown = metrics.slice(0, SHOWN).join(', ')
  return metrics.length > SHOWN ? `${shown} + ${metrics.length - SHOWN} more...` : shown
}

/** All that the first version has of its own; its other metrics stand in an annotation. */
function formatCpuTarget(scaler: ApiObject): string {
  const target = readField(scaler, 'spec', 'targetCPUUtilizationPercentage')
  if (target === undefined) return '<none>'
  const current = readField(scaler, 'status', 'currentCPUUtilizationPercentage')
  return `cpu: ${current === undefined ? '<unknown>' : `${current}%`}/${target}%`
}

const SOURCES: Readonly<Record<string, string>> = {
  External: 'external',
  Pods: 'pods',
  Object: 'object',
  Resource: 'resource',
  ContainerResource: 'containerResource',
}

function formatMetric(metric: unknown, status: unknown): string {
  const source = SOURCES[readText(metric, 'type')]
  if (source === undefined) return '<unknown type>'
  const target = readField(metric, source, 'target')
  const current = readField(status, source, 'current')
  const average = readText(target, 'averageValue')
  const currentAverage = readText(current, 'averageValue') || '<unknown>'
  if (source === 'pods') return `${currentAverage}/${average}`
  if (source === 'external' || source === 'object') {
    if (average !== '') return `${currentAverage}/${average} (avg)`
    return `${readText(current, 'value') || '<unknown>'}/${readText(target, 'value')}`
  }
  const name = readText(metric, source, 'name')
  if (average !== '') return `${name}: ${currentAverage}/${average}`
  const percent = (value: unknown, otherwise: string) => (value === undefined ? otherwise : `${value}%`)
  const used = percent(readField(current, 'averageUtilization'), '<unknown>')
  return `${name}: ${used}/${percent(readField(target, 'averageUtilization'), '<auto>')}`
}
