import type { ApiObject } from '../../json.ts'
import type { Cells } from './cell.ts'
import { formatAge, formatHumanDuration } from './human-duration.ts'
import { findCondition, readCount, readField, readList, readSize, readText } from './read-field.ts'
import { formatSelectorOrNone } from './selector-text.ts'

const BINDING: Cells = {
  Role: (binding) => `${readText(binding, 'roleRef', 'kind')}/${readText(binding, 'roleRef', 'name')}`,
  Users: (binding) => subjects(binding, 'User').join(', '),
  Groups: (binding) => subjects(binding, 'Group').join(', '),
  ServiceAccounts: (binding) => subjects(binding, 'ServiceAccount').join(', '),
}

const WEBHOOKS: Cells = { Webhooks: (configuration) => readList(configuration, 'webhooks').length }

const POLICY: Cells = {
  Validations: (policy) => readList(policy, 'spec', 'validations').length,
  Mutations: (policy) => readList(policy, 'spec', 'mutations').length,
  ParamKind: (policy) => {
    const kind = readField(policy, 'spec', 'paramKind')
    return kind === undefined ? '<unset>' : `${readText(kind, 'apiVersion')}/${readText(kind, 'kind')}`
  },
}

const POLICY_BINDING: Cells = {
  PolicyName: (binding) => readText(binding, 'spec', 'policyName'),
  ParamRef: formatParamReference,
}

/** By `group/Kind`. */
export const CLUSTER_COLUMNS: Readonly<Record<string, Cells>> = {
  '/Namespace': { Status: (namespace) => readText(namespace, 'status', 'phase') },
  '/ConfigMap': { Data: (map) => readSize(map, 'data') + readSize(map, 'binaryData') },
  '/Secret': { Type: (secret) => readText(secret, 'type'), Data: (secret) => readSize(secret, 'data') },
  '/Node': {
    Status: formatNodeStatus,
    Roles: formatRoles,
    Version: (node) => readText(node, 'status', 'nodeInfo', 'kubeletVersion'),
    'Internal-IP': (node) => addressOf(node, 'InternalIP'),
    'External-IP': (node) => addressOf(node, 'ExternalIP'),
    'OS-Image': (node) => readText(node, 'status', 'nodeInfo', 'osImage') || '<unknown>',
    'Kernel-Version': formatKernel,
    'Container-Runtime': (node) => readText(node, 'status', 'nodeInfo', 'containerRuntimeVersion') || '<unknown>',
  },
  '/ComponentStatus': {
    Status: formatComponentStatus,
    Message: (component) => readText(findCondition(readList(component, 'conditions'), 'Healthy'), 'message'),
    Error: (component) => readText(findCondition(readList(component, 'conditions'), 'Healthy'), 'error'),
  },
  '/ResourceQuota': {
    Request: (quota) => formatQuota(quota, (name) => !name.startsWith('limits.')),
    Limit: (quota) => formatQuota(quota, (name) => name.startsWith('limits.')),
  },
  'certificates.k8s.io/CertificateSigningRequest': {
    SignerName: (request) => readText(request, 'spec', 'signerName') || '<none>',
    Requestor: (request) => readText(request, 'spec', 'username'),
    RequestedDuration: (request) => {
      const seconds = readField(request, 'spec', 'expirationSeconds')
      return seconds === undefined ? '<none>' : formatHumanDuration(Number(seconds) * 1000)
    },
    Condition: formatSigningStatus,
  },
  'coordination.k8s.io/Lease': { Holder: (lease) => readText(lease, 'spec', 'holderIdentity') },
  'node.k8s.io/RuntimeClass': { Handler: (runtimeClass) => readText(runtimeClass, 'handler') },
  'rbac.authorization.k8s.io/RoleBinding': BINDING,
  'rbac.authorization.k8s.io/ClusterRoleBinding': BINDING,
  'scheduling.k8s.io/PriorityClass': {
    Value: (priority) => readCount(priority, 'value'),
    'Global-Default': (priority) => readField(priority, 'globalDefault') === true,
    PreemptionPolicy: (priority) => readText(priority, 'preemptionPolicy'),
  },
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': WEBHOOKS,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': WEBHOOKS,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': POLICY,
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': POLICY,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': POLICY_BINDING,
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': POLICY_BINDING,
}

function subjects(binding: ApiObject, kind: string): string[] {
  const own = readList(binding, 'subjects').filter((subject) => readText(subject, 'kind') === kind)
  return own.map((subject) =>
    kind === 'ServiceAccount'
      ? `${readText(subject, 'namespace')}/${readText(subject, 'name')}`
      : readText(subject, 'name'),
  )
}

function formatParamReference(binding: ApiObject): string {
  const name = readText(binding, 'spec', 'paramRef', 'name')
  if (name !== '') return `${readText(binding, 'spec', 'paramRef', 'namespace') || '*'}/${name}`
  const selector = readField(binding, 'spec', 'paramRef', 'selector')
  return selector === undefined ? '<unset>' : formatSelectorOrNone(selector)
}

function formatNodeStatus(node: ApiObject): string {
  const ready = findCondition(readList(node, 'status', 'conditions'), 'Ready')
  const status = ready === undefined ? 'Unknown' : readText(ready, 'status') === 'True' ? 'Ready' : 'NotReady'
  return readField(node, 'spec', 'unschedulable') === true ? `${status},SchedulingDisabled` : status
}

const ROLE_PREFIX = 'node-role.kubernetes.io/'

function formatRoles({ metadata }: ApiObject): string {
  const roles = Object.entries(metadata.labels ?? {}).map(([key, value]) =>
    key.startsWith(ROLE_PREFIX) ? key.slice(ROLE_PREFIX.length) : key === 'kubernetes.io/role' ? value : '',
  )
  return [...new Set(roles.filter((role) => role !== ''))].sort().join(',') || '<none>'
}

function addressOf(node: ApiObject, type: string): string {
  const address = readList(node, 'status', 'addresses').find((each) => readText(each, 'type') === type)
  return address === undefined ? '<none>' : readText(address, 'address')
}

function formatKernel(node: ApiObject): string {
  const architecture = readText(node, 'status', 'nodeInfo', 'architecture')
  const version = readText(node, 'status', 'nodeInfo', 'kernelVersion') || '<unknown>'
  return architecture === '' ? version : `${version} (${architecture})`
}

function formatComponentStatus(component: ApiObject): string {
  const healthy = findCondition(readList(component, 'conditions'), 'Healthy')
  return healthy === undefined ? 'Unknown' : readText(healthy, 'status') === 'True' ? 'Healthy' : 'Unhealthy'
}

function formatSigningStatus(request: ApiObject): string {
  const has = (type: string) => findCondition(readList(request, 'status', 'conditions'), type) !== undefined
  const verdict = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending'
  const isIssued = readText(request, 'status', 'certificate') !== ''
  return [verdict, ...(has('Failed') ? ['Failed'] : []), ...(isIssued ? ['Issued'] : [])].join(',')
}

function formatQuota(quota: ApiObject, belongs: (name: string) => boolean): string {
  const hard = (readField(quota, 'status', 'hard') ?? {}) as Record<string, string>
  const names = Object.keys(hard).filter(belongs).sort()
  return names.map((name) => `${name}: ${readText(quota, 'status', 'used', name) || '0'}/${hard[name]}`).join(', ')
}

/** Of both groups, whose field names differ. source: kubernetes pkg/printers/internalversion/printers.go printEvent */
export const EVENT_COLUMNS: Cells = {
  'Last Seen': (event, nowMs) => {
    const series = readField(event, 'series')
    if (series !== undefined) return formatAge(readField(series, 'lastObservedTime'), nowMs)
    return formatAge(readAlias(event, 'lastTimestamp', 'deprecatedLastTimestamp') ?? firstSeen(event), nowMs)
  },
  Type: (event) => readText(event, 'type'),
  Reason: (event) => readText(event, 'reason'),
  Object: (event) => {
    const object = readAlias(event, 'involvedObject', 'regarding')
    const kind = readText(object, 'kind').toLowerCase()
    const name = readText(object, 'name')
    return name === '' ? kind : `${kind}/${name}`
  },
  Subobject: (event) => readText(readAlias(event, 'involvedObject', 'regarding'), 'fieldPath'),
  Source: formatEventSource,
  Message: (event) => String(readAlias(event, 'message', 'note') ?? '').trim(),
  'First Seen': (event, nowMs) => formatAge(firstSeen(event), nowMs),
  Count: (event) =>
    readField(event, 'series') === undefined
      ? Number(readAlias(event, 'count', 'deprecatedCount') ?? 1) || 1
      : readCount(event, 'series', 'count'),
}

function readAlias(event: ApiObject, coreName: string, eventsName: string): unknown {
  return readField(event, coreName) ?? readField(event, eventsName)
}

function firstSeen(event: ApiObject): unknown {
  return readAlias(event, 'firstTimestamp', 'deprecatedFirstTimestamp') ?? readField(event, 'eventTime')
}

function formatEventSource(event: ApiObject): string {
  const source = readAlias(event, 'source', 'deprecatedSource')
  const component =
    readText(source, 'component') || String(readAlias(event, 'reportingComponent', 'reportingController') ?? '')
  const instance = readText(source, 'host') || readText(event, 'reportingInstance')
  return instance === '' ? component : `${component}, ${instance}`
}
