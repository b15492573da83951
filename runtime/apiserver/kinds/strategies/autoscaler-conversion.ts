import { type ApiObject, isJsonObject, type JsonObject, type JsonValue } from '../../json.ts'
import { applyBuiltInDefaults, reshape } from './apply-defaults.ts'
import { ensureObjectIn, jsonOf, objectIn, objectsIn, optionalObjectIn } from './json-parts.ts'

/** Where autoscaling/v1 keeps what it has no fields for, as JSON text. */
export const METRICS = 'autoscaling.alpha.kubernetes.io/metrics'
const CURRENT_METRICS = 'autoscaling.alpha.kubernetes.io/current-metrics'
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions'
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior'

/**
 * A HorizontalPodAutoscaler in autoscaling/v1 or v2. In v1, CPU utilization is a field and all else is in annotations.
 * source: kubernetes pkg/apis/autoscaling/v1/conversion.go
 */
export async function convertAutoscaler(autoscaler: ApiObject, toApiVersion: string): Promise<ApiObject> {
  if (autoscaler.apiVersion === toApiVersion) return autoscaler
  const converted = structuredClone(autoscaler)
  converted.apiVersion = toApiVersion
  if (toApiVersion === 'autoscaling/v1') toV1(converted)
  else toV2(converted)
  reshape(converted)
  if (toApiVersion === 'autoscaling/v2') applyBuiltInDefaults(converted)
  return converted
}

function toV1(object: ApiObject): void {
  const spec = ensureObjectIn(jsonOf(object), 'spec')
  const status = ensureObjectIn(jsonOf(object), 'status')
  const metrics = objectsIn(spec, 'metrics')
  const cpu = metrics.find(isCpuUtilization)
  if (cpu !== undefined) spec.targetCPUUtilizationPercentage = targetOf(cpu).averageUtilization as JsonValue
  keepAsText(object, METRICS, metrics.filter((metric) => metric !== cpu).map(flattenMetric))
  const current = objectsIn(status, 'currentMetrics')
  const currentCpu = current.find((metric) => objectIn(metric, 'resource').name === 'cpu')
  const utilization = objectIn(objectIn(currentCpu ?? {}, 'resource'), 'current').averageUtilization
  if (utilization !== undefined) status.currentCPUUtilizationPercentage = utilization
  keepAsText(object, CURRENT_METRICS, current.map(flattenMetric))
  keepAsText(object, CONDITIONS, objectsIn(status, 'conditions'))
  keepAsText(object, BEHAVIOR, optionalObjectIn(spec, 'behavior'))
}

function toV2(object: ApiObject): void {
  const spec = ensureObjectIn(jsonOf(object), 'spec')
  const status = ensureObjectIn(jsonOf(object), 'status')
  const metrics = takeList(object, METRICS).map(nestMetric)
  const percentage = spec.targetCPUUtilizationPercentage
  if (percentage !== undefined) metrics.unshift(cpuMetric(percentage))
  if (metrics.length > 0) spec.metrics = metrics
  const current = takeList(object, CURRENT_METRICS).map(nestCurrent)
  if (current.length > 0) status.currentMetrics = current
  const conditions = takeList(object, CONDITIONS)
  if (conditions.length > 0) status.conditions = conditions
  const behavior = takeText(object, BEHAVIOR)
  if (isJsonObject(behavior)) spec.behavior = behavior
}

function isCpuUtilization(metric: JsonObject): boolean {
  return objectIn(metric, 'resource').name === 'cpu' && targetOf(metric).averageUtilization !== undefined
}

function targetOf(metric: JsonObject): JsonObject {
  return objectIn(objectIn(metric, 'resource'), 'target')
}

function cpuMetric(averageUtilization: JsonValue): JsonObject {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } }
}

/** v2 nests a metric's target; the text of v1 has it flat, as `targetAverageUtilization`. */
function flattenMetric(metric: JsonObject): JsonObject {
  const flat = structuredClone(metric)
  for (const source of Object.values(flat).filter(isJsonObject)) {
    for (const [part, prefix] of [
      ['target', 'target'],
      ['current', 'current'],
    ] as const) {
      const values = optionalObjectIn(source, part)
      if (values === undefined || (part === 'target' && values.type === undefined)) continue
      delete source[part]
      for (const [key, value] of Object.entries(values))
        if (key !== 'type') source[`${prefix}${key[0]?.toUpperCase()}${key.slice(1)}`] = value
    }
  }
  return flat
}

function nestMetric(flat: JsonObject): JsonObject {
  return nest(flat, 'target', true)
}

function nestCurrent(flat: JsonObject): JsonObject {
  return nest(flat, 'current', false)
}

function nest(flat: JsonObject, prefix: string, hasType: boolean): JsonObject {
  const metric = structuredClone(flat)
  for (const source of Object.values(metric).filter(isJsonObject)) {
    const values: JsonObject = {}
    for (const key of Object.keys(source)) {
      const field = new RegExp(`^${prefix}(Value|AverageValue|AverageUtilization)$`).exec(key)?.[1]
      if (field === undefined) continue
      values[`${field[0]?.toLowerCase()}${field.slice(1)}`] = source[key] as JsonValue
      delete source[key]
    }
    if (Object.keys(values).length === 0) continue
    source[prefix] = hasType ? { type: typeOf(values), ...values } : values
  }
  return metric
}

function typeOf(values: JsonObject): string {
  if (values.averageUtilization !== undefined) return 'Utilization'
  return values.averageValue === undefined ? 'Value' : 'AverageValue'
}

function keepAsText(object: ApiObject, annotation: string, value: JsonValue | undefined): void {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return
  object.metadata.annotations = { ...object.metadata.annotations, [annotation]: JSON.stringify(value) }
}

function takeList(object: ApiObject, annotation: string): JsonObject[] {
  const value = takeText(object, annotation)
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

/** What is no JSON stays where it is. */
function takeText(object: ApiObject, annotation: string): JsonValue | undefined {
  const text = object.metadata.annotations?.[annotation]
  if (text === undefined) return undefined
  try {
    const value = JSON.parse(text) as JsonValue
    delete object.metadata.annotations?.[annotation]
    return value
  } catch {
    return undefined
  }
}
