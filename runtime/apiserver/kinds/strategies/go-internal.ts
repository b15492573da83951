import type { JsonObject, JsonValue } from '../../json.ts'

/**
 * Types of kube-apiserver's own that its messages show as they are in memory: fields in their order, by their names there. `[]`:
 * a list, `*`: may be absent, else the zero value is shown; the rest is text.
 */
const INTERNAL_TYPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  SecurityContext: {
    Capabilities: '*Capabilities',
    Privileged: '*',
    SELinuxOptions: '*SELinuxOptions',
    WindowsOptions: '*WindowsSecurityContextOptions',
    RunAsUser: '*',
    RunAsGroup: '*',
    RunAsNonRoot: '*',
    ReadOnlyRootFilesystem: '*',
    AllowPrivilegeEscalation: '*',
    ProcMount: '*',
    SeccompProfile: '*SeccompProfile',
    AppArmorProfile: '*SeccompProfile',
  },
  Capabilities: { Add: '*', Drop: '*' },
  SELinuxOptions: { User: '', Role: '', Type: '', Level: '' },
  WindowsSecurityContextOptions: {
    GMSACredentialSpecName: '*',
    GMSACredentialSpec: '*',
    RunAsUserName: '*',
    HostProcess: '*',
  },
  SeccompProfile: { Type: '', LocalhostProfile: '*' },
  PodFailurePolicy: { Rules: '[]PodFailurePolicyRule' },
  PodFailurePolicyRule: {
    Action: '',
    OnExitCodes: '*PodFailurePolicyOnExitCodes',
    OnPodConditions: '[]PodFailurePolicyOnPodConditions',
  },
  PodFailurePolicyOnExitCodes: { ContainerName: '*', Operator: '', Values: '*' },
  PodFailurePolicyOnPodConditions: { Type: '', Status: '' },
  SuccessPolicy: { Rules: '[]SuccessPolicyRule' },
  SuccessPolicyRule: { SucceededIndexes: '*', SucceededCount: '*' },
  PodResourceClaim: { Name: '', ResourceClaimName: '*', ResourceClaimTemplateName: '*' },
  VolumeNodeAffinity: { Required: '*NodeSelector' },
  NodeSelector: { NodeSelectorTerms: '[]NodeSelectorTerm' },
  NodeSelectorTerm: { MatchExpressions: '[]NodeSelectorRequirement', MatchFields: '[]NodeSelectorRequirement' },
  NodeSelectorRequirement: { Key: '', Operator: '', Values: '*' },
}

/** An object of the API as kube-apiserver's own type, in JSON. */
export function internalValue(type: string, value: JsonObject): JsonObject {
  const byName = new Map(Object.entries(value).map(([key, each]) => [key.toLowerCase(), each]))
  const fields = Object.entries(INTERNAL_TYPES[type] ?? {})
  return Object.fromEntries(fields.map(([name, spec]) => [name, internalField(spec, byName.get(name.toLowerCase()))]))
}

function internalField(spec: string, value: JsonValue | undefined): JsonValue {
  if (value === undefined || value === null) return spec === '' ? '' : null
  const type = spec.replace(/^[*[\]]+/, '')
  if (type === '') return value
  return Array.isArray(value)
    ? value.map((each) => internalValue(type, each as JsonObject))
    : internalValue(type, value as JsonObject)
}
