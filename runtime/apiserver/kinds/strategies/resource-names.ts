import type { FieldError } from '../../field-error.ts'
import { invalidValue } from './field-errors.ts'
import { checkName, qualifiedName } from './names.ts'

const FOR_CONTAINERS = ['cpu', 'memory', 'ephemeral-storage']
/** Those that are counted. */
const COUNTED = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]
const FOR_QUOTAS = [
  ...FOR_CONTAINERS,
  ...FOR_CONTAINERS.flatMap((name) => [`requests.${name}`, `limits.${name}`]),
  'requests.storage',
  ...COUNTED,
]
const STANDARD = [...FOR_QUOTAS, 'storage']

/** source: kubernetes pkg/apis/core/validation, validateResourceName */
export function checkResourceName(name: string, field: string): FieldError[] {
  const faults = checkName(name, field, qualifiedName)
  if (faults.length > 0 || name.includes('/') || STANDARD.includes(name) || isHugePages(name)) return faults
  return [invalidValue(field, name, 'must be a standard resource type or fully qualified')]
}

export function checkContainerResourceName(name: string, field: string): FieldError[] {
  const faults = checkResourceName(name, field)
  if (!name.includes('/')) {
    if (!FOR_CONTAINERS.includes(name) && !name.startsWith('hugepages-'))
      faults.push(invalidValue(field, name, 'must be a standard resource for containers'))
  } else if (!isNativeResource(name) && !isExtendedResource(name))
    faults.push(invalidValue(field, name, "doesn't follow extended resource name standard"))
  return faults
}

export function checkQuotaResourceName(name: string, field: string): FieldError[] {
  const faults = checkResourceName(name, field)
  if (!name.includes('/') && !isStandardQuotaResource(name))
    faults.push(invalidValue(field, name, 'must be a standard resource for quota'))
  return faults
}

export function isStandardQuotaResource(name: string): boolean {
  return FOR_QUOTAS.includes(name) || isHugePages(name)
}

/** There is no half of it. */
export function isIntegerResource(name: string): boolean {
  return COUNTED.includes(name) || isExtendedResource(name)
}

/** Kubernetes' own. */
export function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/')
}

/** Somebody's own, as `example.com/gpu`. */
export function isExtendedResource(name: string): boolean {
  return !isNativeResource(name) && !name.startsWith('requests.') && qualifiedName(`requests.${name}`).length === 0
}

export function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-') || name.startsWith('requests.hugepages-')
}
