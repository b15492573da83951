import type { JsonObject } from '../../../json.ts'
import { ensureObjectIn, fill, listIn, objectIn, optionalObjectIn, textIn } from '../json-parts.ts'
import type { TypeDefaults } from '../type-defaults.ts'

const RBAC = 'rbac.authorization.k8s.io'
const WEBHOOK = {
  failurePolicy: 'Fail',
  matchPolicy: 'Equivalent',
  namespaceSelector: {},
  objectSelector: {},
  timeoutSeconds: 10,
}

/** source: kubernetes pkg/apis/GROUP/VERSION/defaults.go */
export const OTHER_DEFAULTS: TypeDefaults = {
  'admissionregistration/v1.ValidatingWebhook': (webhook) => fill(webhook, WEBHOOK),
  'admissionregistration/v1.MutatingWebhook': (webhook) => fill(webhook, { ...WEBHOOK, reinvocationPolicy: 'Never' }),
  'admissionregistration/v1.RuleWithOperations': (rule) => fill(rule, { scope: '*' }),
  'admissionregistration/v1.NamedRuleWithOperations': (rule) => fill(rule, { scope: '*' }),
  'admissionregistration/v1.ServiceReference': (reference) => fill(reference, { port: 443 }),
  'admissionregistration/v1.ValidatingAdmissionPolicySpec': (spec) => fill(spec, { failurePolicy: 'Fail' }),
  'admissionregistration/v1.MutatingAdmissionPolicySpec': (spec) => fill(spec, { failurePolicy: 'Fail' }),
  'admissionregistration/v1.MatchResources': (resources) =>
    fill(resources, { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} }),
  'apiregistration/v1.ServiceReference': (reference) => fill(reference, { port: 443 }),
  'autoscaling/v1.HorizontalPodAutoscalerSpec': (spec) => fill(spec, { minReplicas: 1 }),
  'autoscaling/v2.HorizontalPodAutoscalerSpec': defaultAutoscaler,
  'discovery/v1.EndpointPort': (port) => fill(port, { name: '', protocol: 'TCP' }),
  'networking/v1.NetworkPolicyPort': (port) => fill(port, { protocol: 'TCP' }),
  'networking/v1.NetworkPolicySpec': (spec) => {
    if (listIn(spec, 'policyTypes').length > 0) return
    spec.policyTypes = listIn(spec, 'egress').length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
  },
  'networking/v1.IngressClassParametersReference': (parameters) => fill(parameters, { scope: 'Cluster' }),
  'rbac/v1.RoleRef': defaultRoleRef,
  'rbac/v1.Subject': (subject) => {
    if (textIn(subject, 'apiGroup') === '' && (subject.kind === 'User' || subject.kind === 'Group'))
      subject.apiGroup = RBAC
  },
  'scheduling/v1.PriorityClass': (priorityClass) => fill(priorityClass, { preemptionPolicy: 'PreemptLowerPriority' }),
  'storage/v1.StorageClass': (storageClass) =>
    fill(storageClass, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  'storage/v1.CSIDriverSpec': (spec) =>
    fill(spec, {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: ['Persistent'],
      requiresRepublish: false,
      seLinuxMount: false,
    }),
  'flowcontrol/v1.FlowSchemaSpec': (spec) => {
    if (spec.matchingPrecedence === 0) spec.matchingPrecedence = 1000
  },
  'flowcontrol/v1.ExemptPriorityLevelConfiguration': (level) =>
    fill(level, { nominalConcurrencyShares: 0, lendablePercent: 0 }),
  'flowcontrol/v1.LimitedPriorityLevelConfiguration': (level) =>
    fill(level, { nominalConcurrencyShares: 30, lendablePercent: 0 }),
  'flowcontrol/v1.QueuingConfiguration': (queuing) => {
    for (const [key, value] of Object.entries({ queues: 64, handSize: 8, queueLengthLimit: 50 }))
      if (queuing[key] === 0) queuing[key] = value
  },
}

function defaultRoleRef(reference: JsonObject): void {
  if (textIn(reference, 'apiGroup') === '') reference.apiGroup = RBAC
}

const SCALE_UP = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
}
const SCALE_DOWN = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] }
const CPU_METRIC = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
}

function defaultAutoscaler(spec: JsonObject): void {
  fill(spec, { minReplicas: 1 })
  if (listIn(spec, 'metrics').length === 0) spec.metrics = [structuredClone(CPU_METRIC)]
  const behavior = optionalObjectIn(spec, 'behavior')
  if (behavior === undefined) return
  fill(ensureObjectIn(behavior, 'scaleUp'), SCALE_UP)
  fill(ensureObjectIn(behavior, 'scaleDown'), SCALE_DOWN)
  for (const rules of [objectIn(behavior, 'scaleUp'), objectIn(behavior, 'scaleDown')])
    fill(rules, { selectPolicy: 'Max' })
}
