import type { FieldError } from '../../../field-error.ts'
import type { JsonObject } from '../../../json.ts'
import { checkOneOf, checkPort, duplicate, invalidValue, required } from '../field-errors.ts'
import { eachObject, numberIn, objectsIn, textIn } from '../json-parts.ts'
import { checkName, portName } from '../names.ts'

/** source: kubernetes pkg/apis/core/validation, validateContainerPorts */
export function checkPorts(container: JsonObject, field: string): FieldError[] {
  const names = new Set<string>()
  return eachObject(container, 'ports', field, (port, at) => {
    const name = textIn(port, 'name')
    const nameFaults = name === '' ? [] : checkName(name, `${at}.name`, portName)
    const isTwice = name !== '' && names.has(name)
    if (nameFaults.length === 0) names.add(name)
    const [number, hostPort] = [numberIn(port, 'containerPort'), numberIn(port, 'hostPort')]
    return [
      ...nameFaults,
      ...(isTwice ? [duplicate(`${at}.name`, name)] : []),
      ...(number === 0 ? [required(`${at}.containerPort`)] : checkPort(number, `${at}.containerPort`)),
      ...(hostPort === 0 ? [] : checkPort(hostPort, `${at}.hostPort`)),
      ...checkOneOf(textIn(port, 'protocol'), `${at}.protocol`, ['SCTP', 'TCP', 'UDP']),
    ]
  })
}

/** Ports of the host that two containers would have at once. */
export function hostPortConflicts(containers: readonly JsonObject[], field: string): FieldError[] {
  const seen = new Set<string>()
  return containers.flatMap((container, index) =>
    eachObject(container, 'ports', `${field}[${index}]`, (port, at) => {
      const hostPort = numberIn(port, 'hostPort')
      if (hostPort === 0) return []
      const key = `${textIn(port, 'protocol')}/${textIn(port, 'hostIP')}/${hostPort}`
      if (seen.has(key)) return [duplicate(`${at}.hostPort`, key)]
      seen.add(key)
      return []
    }),
  )
}

/** On the host's network a port is the host's; a template may leave it open. source: validatePodHostNetworkDeps */
export function checkHostNetworkPorts(spec: JsonObject, isPod: boolean, field: string): FieldError[] {
  if (spec.hostNetwork !== true) return []
  return objectsIn(spec, 'containers').flatMap((container, index) =>
    eachObject(container, 'ports', `${field}.containers[${index}]`, (port, at) => {
      const [hostPort, number] = [numberIn(port, 'hostPort'), numberIn(port, 'containerPort')]
      if (hostPort === number || (!isPod && hostPort === 0)) return []
      return [invalidValue(`${at}.hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true')]
    }),
  )
}
