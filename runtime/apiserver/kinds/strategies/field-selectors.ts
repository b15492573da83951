import type { ApiObject, JsonObject } from '../../json.ts'
import type { ApiResource } from '../api-resource.ts'
import { jsonOf, numberIn, objectIn, textIn } from './json-parts.ts'

export type SelectableFields = ApiResource['selectableFields']

const REFERENCE_FIELDS = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath']

/**
 * Fields that field selectors may name, by `group/Kind`.
 * source: ToSelectableFields and AddFieldLabelConversionFunc in kubernetes pkg/registry and pkg/apis
 */
export const SELECTABLE_FIELDS: Readonly<Record<string, SelectableFields>> = {
  '/Pod': {
    ...texts('spec', ['nodeName', 'restartPolicy', 'schedulerName', 'serviceAccountName']),
    ...texts('status', ['phase', 'podIP', 'nominatedNodeName']),
    'spec.hostNetwork': (pod) => String(objectIn(jsonOf(pod), 'spec').hostNetwork === true),
    'status.podIPs': (pod) => textIn(objectIn(jsonOf(pod), 'status'), 'podIP'),
  },
  '/Node': { 'spec.unschedulable': (node) => String(objectIn(jsonOf(node), 'spec').unschedulable === true) },
  '/Namespace': texts('status', ['phase']),
  '/Secret': { type: (secret) => textIn(jsonOf(secret), 'type') },
  '/Service': texts('spec', ['clusterIP', 'type']),
  '/ReplicationController': { 'status.replicas': statusNumber('replicas') },
  'apps/ReplicaSet': { 'status.replicas': statusNumber('replicas') },
  'batch/Job': { 'status.successful': statusNumber('succeeded') },
  'certificates.k8s.io/CertificateSigningRequest': texts('spec', ['signerName']),
  '/Event': {
    ...references('involvedObject'),
    reason: ofEvent('reason', 'reason'),
    reportingComponent: ofEvent('reportingComponent', 'reportingController'),
    source: eventSource,
    type: ofEvent('type', 'type'),
  },
  'events.k8s.io/Event': {
    ...references('regarding'),
    reason: ofEvent('reason', 'reason'),
    reportingController: ofEvent('reportingComponent', 'reportingController'),
    type: ofEvent('type', 'type'),
  },
}

function texts(part: string, fields: readonly string[]): SelectableFields {
  return Object.fromEntries(
    fields.map((field) => [`${part}.${field}`, (object: ApiObject) => textIn(objectIn(jsonOf(object), part), field)]),
  )
}

function statusNumber(field: string): (object: ApiObject) => string {
  return (object) => String(numberIn(objectIn(jsonOf(object), 'status'), field))
}

/** Events are kept in one form and asked for in two: whichever form is looked at, its field is found. */
function references(prefix: string): SelectableFields {
  return Object.fromEntries(
    REFERENCE_FIELDS.map((field) => [
      `${prefix}.${field}`,
      (object: ApiObject) => textIn(regardingOf(jsonOf(object)), field),
    ]),
  )
}

function regardingOf(event: JsonObject): JsonObject {
  return event.involvedObject === undefined ? objectIn(event, 'regarding') : objectIn(event, 'involvedObject')
}

function ofEvent(core: string, current: string): (object: ApiObject) => string {
  return (object) => textIn(jsonOf(object), core) || textIn(jsonOf(object), current)
}

function eventSource(object: ApiObject): string {
  const event = jsonOf(object)
  const source = event.source === undefined ? objectIn(event, 'deprecatedSource') : objectIn(event, 'source')
  return textIn(source, 'component') || ofEvent('reportingComponent', 'reportingController')(object)
}
