import type { JsonObject } from '../../../json.ts'
import { mapIn, optionalObjectIn } from '../json-parts.ts'
import { containerTotals } from '../pod/container-totals.ts'

const SHARED = ['cpu', 'memory']

/**
 * What a pod has in all, where it says so only in part: the rest is what its containers have.
 * source: kubernetes pkg/apis/core/v1/defaults.go, defaultHugePagePodLimits and defaultPodRequests
 */
export function defaultPodResources(spec: JsonObject): void {
  const resources = optionalObjectIn(spec, 'resources')
  if (resources === undefined) return
  const given = { limits: mapIn(resources, 'limits'), requests: mapIn(resources, 'requests') }
  if (Object.keys({ ...given.limits, ...given.requests }).length === 0) return
  const limits = { ...missingPages(spec, given.requests), ...given.limits }
  if (Object.keys(limits).length === 0) return
  resources.limits = limits
  resources.requests = {
    ...ofPods(limits, isPodLevel),
    ...ofPods(containerTotals(spec, 'requests'), isShared),
    ...given.requests,
  }
  if (Object.keys(resources.requests).length === 0) delete resources.requests
}

function missingPages(spec: JsonObject, requests: Record<string, string>): Record<string, string> {
  return ofPods(containerTotals(spec, 'limits'), (name) => isPages(name) && requests[name] === undefined)
}

function ofPods(amounts: Record<string, string>, isWanted: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts).filter(([name]) => isWanted(name)))
}

function isPodLevel(name: string): boolean {
  return isShared(name) || isPages(name)
}

function isShared(name: string): boolean {
  return SHARED.includes(name)
}

function isPages(name: string): boolean {
  return name.startsWith('hugepages-')
}
