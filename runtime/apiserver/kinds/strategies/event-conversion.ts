import type { ApiObject } from '../../json.ts'
import { reshape } from './apply-defaults.ts'
import { jsonOf } from './json-parts.ts'

/** What a field of core/v1 Events is called in events.k8s.io/v1. */
const NAMES: Readonly<Record<string, string>> = {
  involvedObject: 'regarding',
  message: 'note',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
  reportingComponent: 'reportingController',
}

/** The same Event in the other group's form; both are kept in one place. */
export async function convertEvent(event: ApiObject, toApiVersion: string): Promise<ApiObject> {
  if (event.apiVersion === toApiVersion) return event
  const names = toApiVersion === 'v1' ? Object.fromEntries(Object.entries(NAMES).map(([a, b]) => [b, a])) : NAMES
  const converted = Object.fromEntries(Object.entries(jsonOf(event)).map(([key, value]) => [names[key] ?? key, value]))
  const result = { ...converted, apiVersion: toApiVersion } as ApiObject
  reshape(result)
  return result
}
