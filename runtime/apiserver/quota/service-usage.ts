import type { ApiObject } from '../json.ts'
import { jsonOf, numberIn, objectIn, objectsIn, textIn } from '../kinds/strategies/json-parts.ts'
import { countName, type Evaluator } from './evaluator.ts'

const COUNT = countName({ group: '', plural: 'services' })
const COUNTED = [COUNT, 'services', 'services.nodeports', 'services.loadbalancers']

/** source: kubernetes pkg/quota/v1/evaluator/core/services.go */
export const SERVICE_USAGE: Evaluator = {
  handles: ({ operation, subresource }) => subresource === undefined && ['CREATE', 'UPDATE'].includes(operation),
  matching: (names) => names.filter((name) => COUNTED.includes(name)),
  usage: (service) => ({
    [COUNT]: '1',
    services: '1',
    'services.loadbalancers': typeOf(service) === 'LoadBalancer' ? '1' : '0',
    'services.nodeports': String(nodePortsOf(service)),
  }),
  isReleased: (service, old) => quotaTypeOf(service) !== quotaTypeOf(old),
}

/** As many as it will have, whichever they are. */
function nodePortsOf(service: ApiObject): number {
  const spec = objectIn(jsonOf(service), 'spec')
  const ports = objectsIn(spec, 'ports')
  if (quotaTypeOf(service) === '') return 0
  const isAllocated = typeOf(service) === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false
  return isAllocated ? ports.length : ports.filter((port) => numberIn(port, 'nodePort') !== 0).length
}

function typeOf(service: ApiObject): string {
  return textIn(objectIn(jsonOf(service), 'spec'), 'type')
}

/** Empty: one that has no ports on nodes. */
function quotaTypeOf(service: ApiObject): string {
  const type = typeOf(service)
  return type === 'NodePort' || type === 'LoadBalancer' ? type : ''
}
