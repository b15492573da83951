import type { FieldError } from '../../field-error.ts'
import { isJsonObject, type JsonObject } from '../../json.ts'
import {
  checkNotNegative,
  checkOneOf,
  checkPort,
  duplicate,
  forbiddenField,
  invalidValue,
  notFoundValue,
  required,
} from './field-errors.ts'
import { mapIn, numberIn, objectIn, objectsIn, optionalObjectIn, textIn } from './json-parts.ts'
import { checkName, envVarName, labelName, portName, qualifiedName } from './names.ts'
import { quantityNanos } from './quantity.ts'
import { checkPortOrName } from './service-validation.ts'

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe']
const SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef']
const SOURCES_TEXT = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'

/** source: kubernetes pkg/apis/core/validation, validateContainers */
export function checkContainers(spec: JsonObject, field: string): FieldError[] {
  const containers = objectsIn(spec, 'containers')
  if (containers.length === 0) return [required(field)]
  const names = new Set<string>()
  return [
    ...containers.flatMap((container, index) => {
      const path = `${field}[${index}]`
      const name = textIn(container, 'name')
      const isTwice = names.has(name)
      names.add(name)
      return [
        ...checkContainer(container, spec, path),
        ...(isTwice ? [duplicate(`${path}.name`, name)] : []),
        ...checkLifecycle(container, path),
        ...PROBES.flatMap((probe) => checkProbe(container, probe, path)),
      ]
    }),
    ...hostPortConflicts(containers, field),
  ]
}

export function checkInitContainers(spec: JsonObject, field: string): FieldError[] {
  const names = new Set(objectsIn(spec, 'containers').map((each) => textIn(each, 'name')))
  return objectsIn(spec, 'initContainers').flatMap((container, index) => {
    const path = `${field}[${index}]`
    const name = textIn(container, 'name')
    const isTwice = names.has(name)
    names.add(name)
    return [
      ...checkContainer(container, spec, path),
      ...(isTwice ? [duplicate(`${path}.name`, name)] : []),
      ...(container.restartPolicy === 'Always' ? checkSidecar(container, path) : onlyForSidecars(container, path)),
    ]
  })
}

function checkSidecar(container: JsonObject, path: string): FieldError[] {
  return [...checkLifecycle(container, path), ...PROBES.flatMap((probe) => checkProbe(container, probe, path))]
}

function onlyForSidecars(container: JsonObject, path: string): FieldError[] {
  return ['lifecycle', ...PROBES]
    .filter((field) => container[field] !== undefined)
    .map((field) =>
      forbiddenField(`${path}.${field}`, 'may not be set for init containers without restartPolicy=Always'),
    )
}

function checkContainer(container: JsonObject, spec: JsonObject, path: string): FieldError[] {
  const name = textIn(container, 'name')
  const image = textIn(container, 'image')
  return [
    ...(name === '' ? [required(`${path}.name`)] : checkName(name, `${path}.name`, labelName)),
    ...(image === '' ? [required(`${path}.image`)] : []),
    ...(image !== image.trim()
      ? [invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace')]
      : []),
    ...checkOneOf(textIn(container, 'terminationMessagePolicy'), `${path}.terminationMessagePolicy`, [
      'File',
      'FallbackToLogsOnError',
    ]),
    ...checkPorts(objectsIn(container, 'ports'), `${path}.ports`),
    ...objectsIn(container, 'env').flatMap((each, index) => checkEnv(each, `${path}.env[${index}]`)),
    ...objectsIn(container, 'envFrom').flatMap((each, index) => checkEnvFrom(each, `${path}.envFrom[${index}]`)),
    ...checkMounts(container, spec, `${path}.volumeMounts`),
    ...checkOneOf(textIn(container, 'imagePullPolicy'), `${path}.imagePullPolicy`, ['Always', 'IfNotPresent', 'Never']),
    ...checkResources(objectIn(container, 'resources'), `${path}.resources`),
  ]
}

function checkPorts(ports: readonly JsonObject[], field: string): FieldError[] {
  const names = new Set<string>()
  return ports.flatMap((port, index) => {
    const path = `${field}[${index}]`
    const name = textIn(port, 'name')
    const nameFaults = name === '' ? [] : checkName(name, field, portName)
    const isTwice = name !== '' && names.has(name)
    names.add(name)
    const number = numberIn(port, 'containerPort')
    const hostPort = numberIn(port, 'hostPort')
    return [
      ...nameFaults.map((fault) => ({ ...fault, field: `${path}.name` })),
      ...(isTwice ? [duplicate(`${path}.name`, name)] : []),
      ...(number === 0 ? [required(`${path}.containerPort`)] : checkPort(number, `${path}.containerPort`)),
      ...(hostPort === 0 ? [] : checkPort(hostPort, `${path}.hostPort`)),
      ...checkOneOf(textIn(port, 'protocol'), `${path}.protocol`, ['SCTP', 'TCP', 'UDP']),
    ]
  })
}

function checkEnv(variable: JsonObject, path: string): FieldError[] {
  const name = textIn(variable, 'name')
  return [
    ...(name === '' ? [required(`${path}.name`)] : checkName(name, `${path}.name`, envVarName)),
    ...checkValueFrom(variable, `${path}.valueFrom`),
  ]
}

function checkValueFrom(variable: JsonObject, path: string): FieldError[] {
  const source = optionalObjectIn(variable, 'valueFrom')
  if (source === undefined) return []
  const given = SOURCES.filter((each) => source[each] !== undefined)
  const keyFaults = ['configMapKeyRef', 'secretKeyRef'].flatMap((each) => {
    const reference = optionalObjectIn(source, each)
    if (reference === undefined) return []
    return ['name', 'key']
      .filter((key) => textIn(reference, key) === '')
      .map((key) => required(`${path}.${each}.${key}`))
  })
  if (given.length === 0) return [invalidValue(path, '', `must specify one of: ${SOURCES_TEXT}`)]
  if (textIn(variable, 'value') !== '')
    return [...keyFaults, invalidValue(path, '', 'may not be specified when `value` is not empty')]
  if (given.length === 1) return keyFaults
  return [...keyFaults, invalidValue(path, '', 'may not have more than one field specified at a time')]
}

function checkEnvFrom(source: JsonObject, path: string): FieldError[] {
  const given = ['configMapRef', 'secretRef'].filter((each) => source[each] !== undefined)
  const unnamed = given
    .filter((each) => textIn(objectIn(source, each), 'name') === '')
    .map((each) => required(`${path}.${each}.name`))
  if (given.length === 0) return [invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`')]
  return given.length === 1
    ? unnamed
    : [...unnamed, invalidValue(path, '', 'may not have more than one field specified at a time')]
}

function checkMounts(container: JsonObject, spec: JsonObject, field: string): FieldError[] {
  const volumes = new Set(objectsIn(spec, 'volumes').map((each) => textIn(each, 'name')))
  const paths = new Set<string>()
  return objectsIn(container, 'volumeMounts').flatMap((mount, index) => {
    const path = `${field}[${index}]`
    const name = textIn(mount, 'name')
    const target = textIn(mount, 'mountPath')
    const isTwice = paths.has(target)
    paths.add(target)
    return [
      ...(name === '' ? [required(`${path}.name`)] : []),
      ...(volumes.has(name) ? [] : [notFoundValue(`${path}.name`, name)]),
      ...(target === '' ? [required(`${path}.mountPath`)] : []),
      ...(isTwice ? [invalidValue(`${path}.mountPath`, target, 'must be unique')] : []),
    ]
  })
}

/** Of containers and of Pods. */
export function checkResources(resources: JsonObject, path: string): FieldError[] {
  const limits = mapIn(resources, 'limits')
  const requests = mapIn(resources, 'requests')
  return [
    ...Object.entries(limits).flatMap(([name, amount]) => checkResource(name, amount, `${path}.limits[${name}]`)),
    ...Object.entries(requests).flatMap(([name, amount]) => [
      ...checkResource(name, amount, `${path}.requests[${name}]`),
      ...requestFaults(name, amount, limits[name], path),
    ]),
  ]
}

const STANDARD_RESOURCES = /^(cpu|memory|ephemeral-storage|hugepages-.+)$/

function checkResource(name: string, amount: string, path: string): FieldError[] {
  const faults = checkName(name, path, qualifiedName)
  if (faults.length === 0 && !name.includes('/') && !STANDARD_RESOURCES.test(name)) {
    faults.push(invalidValue(path, name, 'must be a standard resource type or fully qualified'))
    faults.push(invalidValue(path, name, 'must be a standard resource for containers'))
  }
  const isNegative = (quantityNanos(amount) ?? 0n) < 0n
  return isNegative ? [...faults, invalidValue(path, amount, 'must be greater than or equal to 0')] : faults
}

function requestFaults(name: string, request: string, limit: string | undefined, path: string): FieldError[] {
  if (limit === undefined) return []
  const requested = quantityNanos(request) ?? 0n
  const allowed = quantityNanos(limit) ?? 0n
  // Only what can be shared may be asked for in part.
  const canDiffer = /^(cpu|memory|ephemeral-storage)$/.test(name)
  if (!canDiffer && requested !== allowed)
    return [invalidValue(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`)]
  return requested > allowed
    ? [invalidValue(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`)]
    : []
}

function checkLifecycle(container: JsonObject, path: string): FieldError[] {
  return ['postStart', 'preStop'].flatMap((hook) => {
    const handler = optionalObjectIn(objectIn(container, 'lifecycle'), hook)
    return handler === undefined ? [] : checkHandler(handler, `${path}.lifecycle.${hook}`)
  })
}

const PROBE_NUMBERS = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']

function checkProbe(container: JsonObject, name: string, path: string): FieldError[] {
  const probe = optionalObjectIn(container, name)
  if (probe === undefined) return []
  const field = `${path}.${name}`
  return [
    ...checkHandler(probe, field),
    ...PROBE_NUMBERS.flatMap((key) => checkNotNegative(probe[key], `${field}.${key}`)),
    ...(name !== 'readinessProbe' && numberIn(probe, 'successThreshold') !== 1
      ? [invalidValue(`${field}.successThreshold`, numberIn(probe, 'successThreshold'), 'must be 1')]
      : []),
  ]
}

function checkHandler(handler: JsonObject, field: string): FieldError[] {
  const given = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'].filter((each) => isJsonObject(handler[each]))
  if (given.length === 0) return [required(field, 'must specify a handler type')]
  return given.flatMap((each, index) => {
    const path = `${field}.${each}`
    if (index > 0) return [forbiddenField(path, 'may not specify more than 1 handler type')]
    return checkAction(objectIn(handler, each), each, path)
  })
}

function checkAction(action: JsonObject, type: string, path: string): FieldError[] {
  switch (type) {
    case 'exec':
      return Array.isArray(action.command) && action.command.length > 0 ? [] : [required(`${path}.command`)]
    case 'httpGet':
      return [
        ...(textIn(action, 'path') === '' ? [required(`${path}.path`)] : []),
        ...checkPortOrName(action.port ?? 0, `${path}.port`),
        ...checkOneOf(textIn(action, 'scheme'), `${path}.scheme`, ['HTTP', 'HTTPS']),
      ]
    case 'tcpSocket':
      return checkPortOrName(action.port ?? 0, `${path}.port`)
    case 'grpc':
      return checkPort(numberIn(action, 'port'), `${path}.port`)
    default:
      return []
  }
}

function hostPortConflicts(containers: readonly JsonObject[], field: string): FieldError[] {
  const seen = new Set<string>()
  return containers.flatMap((container, index) =>
    objectsIn(container, 'ports').flatMap((port, at) => {
      const hostPort = numberIn(port, 'hostPort')
      const key = `${textIn(port, 'protocol')}/${textIn(port, 'hostIP')}/${hostPort}`
      if (hostPort === 0 || !seen.has(key)) {
        if (hostPort !== 0) seen.add(key)
        return []
      }
      return [duplicate(`${field}[${index}].ports[${at}].hostPort`, key)]
    }),
  )
}
