import type { JsonObject } from '../../../json.ts'
import { objectIn, objectsIn, optionalObjectIn } from '../json-parts.ts'
import { quantityNanos } from '../quantity.ts'

const RESOURCES = ['cpu', 'memory']

/** Guaranteed, Burstable or BestEffort. source: kubernetes pkg/apis/core/v1/helper/qos */
export function podQosClass(spec: JsonObject): string {
  const own = optionalObjectIn(spec, 'resources')
  const parts =
    own === undefined
      ? [...objectsIn(spec, 'containers'), ...objectsIn(spec, 'initContainers')].map((each) =>
          objectIn(each, 'resources'),
        )
      : [own]
  const requests = sumOf(parts, 'requests')
  const limits = sumOf(parts, 'limits')
  if (requests.size === 0 && limits.size === 0) return 'BestEffort'
  const isLimited = parts.every((part) => RESOURCES.every((name) => amountOf(part, 'limits', name) > 0n))
  const isEqual = [...requests].every(([name, amount]) => limits.get(name) === amount)
  return isLimited && isEqual && requests.size === limits.size ? 'Guaranteed' : 'Burstable'
}

function sumOf(parts: readonly JsonObject[], list: string): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const name of RESOURCES) {
    const sum = parts.reduce((total, part) => total + amountOf(part, list, name), 0n)
    if (sum > 0n) sums.set(name, sum)
  }
  return sums
}

function amountOf(resources: JsonObject, list: string, name: string): bigint {
  const amount = objectIn(resources, list)[name]
  return typeof amount === 'string' ? (quantityNanos(amount) ?? 0n) : 0n
}
