import type { FieldError } from '../../../field-error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts'
import { checkNotNegative, checkOneOf, checkPort, forbiddenField, invalidValue, required } from '../field-errors.ts'
import { listIn, numberIn, objectIn, objectsIn, optionalObjectIn, textIn } from '../json-parts.ts'
import { headerName } from '../names.ts'
import { checkPortOrName } from '../service-validation.ts'

const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe']
const PROBE_HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc']
const LIFECYCLE_HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'sleep']
const SECONDS_AND_COUNTS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
]

/** What a container that keeps running does at its start and end, and how it is asked how it is. */
export function checkProbesAndLifecycle(container: JsonObject, spec: JsonObject, path: string): FieldError[] {
  const lifecycle = objectIn(container, 'lifecycle')
  const hooks = ['postStart', 'preStop'].flatMap((hook) => {
    const handler = optionalObjectIn(lifecycle, hook)
    return handler === undefined ? [] : checkHandler(handler, LIFECYCLE_HANDLERS, spec, `${path}.lifecycle.${hook}`)
  })
  return [...hooks, ...PROBES.flatMap((name) => checkProbe(container, name, spec, `${path}.${name}`))]
}

/** Those containers run to their end. */
export function refuseProbesAndLifecycle(container: JsonObject, path: string): FieldError[] {
  return ['lifecycle', ...PROBES]
    .filter((field) => container[field] !== undefined)
    .map((field) =>
      forbiddenField(`${path}.${field}`, 'may not be set for init containers without restartPolicy=Always'),
    )
}

function checkProbe(container: JsonObject, name: string, spec: JsonObject, field: string): FieldError[] {
  const probe = optionalObjectIn(container, name)
  if (probe === undefined) return []
  const successes = numberIn(probe, 'successThreshold')
  return [
    ...checkHandler(probe, PROBE_HANDLERS, spec, field),
    ...SECONDS_AND_COUNTS.flatMap((key) => checkNotNegative(probe[key], `${field}.${key}`)),
    ...checkGracePeriod(probe, name, `${field}.terminationGracePeriodSeconds`),
    ...(name !== 'readinessProbe' && successes !== 1
      ? [invalidValue(`${field}.successThreshold`, successes, 'must be 1')]
      : []),
  ]
}

function checkGracePeriod({ terminationGracePeriodSeconds: seconds }: JsonObject, name: string, field: string) {
  if (typeof seconds !== 'number') return []
  return [
    ...(seconds > 0 ? [] : [invalidValue(field, seconds, 'must be greater than 0')]),
    ...(name === 'readinessProbe' ? [invalidValue(field, seconds, 'must not be set for readinessProbes')] : []),
  ]
}

function checkHandler(handler: JsonObject, known: readonly string[], spec: JsonObject, field: string): FieldError[] {
  const given = known.filter((each) => isJsonObject(handler[each]))
  if (given.length === 0) return [required(field, 'must specify a handler type')]
  return given.flatMap((each, index) => {
    const path = `${field}.${each}`
    if (index > 0) return [forbiddenField(path, 'may not specify more than 1 handler type')]
    return checkAction(objectIn(handler, each), each, spec, path)
  })
}

function checkAction(action: JsonObject, type: string, spec: JsonObject, path: string): FieldError[] {
  switch (type) {
    case 'exec':
      return listIn(action, 'command').length > 0 ? [] : [required(`${path}.command`)]
    case 'httpGet':
      return checkHttpGet(action, path)
    case 'tcpSocket':
      return checkPortOrName(action.port ?? 0, `${path}.port`)
    case 'grpc':
      return checkPort(numberIn(action, 'port'), `${path}.port`)
    default:
      return checkSleep(numberIn(action, 'seconds'), spec.terminationGracePeriodSeconds, path)
  }
}

function checkHttpGet(action: JsonObject, path: string): FieldError[] {
  return [
    ...(textIn(action, 'path') === '' ? [required(`${path}.path`)] : []),
    ...checkPortOrName(action.port ?? 0, `${path}.port`),
    ...checkOneOf(textIn(action, 'scheme'), `${path}.scheme`, ['HTTP', 'HTTPS']),
    ...objectsIn(action, 'httpHeaders').flatMap((header) => {
      const name = textIn(header, 'name')
      return headerName(name).map((text) => invalidValue(`${path}.httpHeaders`, name, text))
    }),
  ]
}

function checkSleep(seconds: number, gracePeriod: JsonValue | undefined, path: string): FieldError[] {
  if (typeof gracePeriod !== 'number' || (seconds >= 0 && seconds <= gracePeriod)) return []
  const text = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`
  return [invalidValue(path, seconds, text)]
}
