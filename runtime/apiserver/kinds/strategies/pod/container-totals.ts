import type { JsonObject } from '../../../json.ts'
import { mapIn, objectIn, objectsIn } from '../json-parts.ts'
import { addQuantities, quantityNanos } from '../quantity.ts'

type Amounts = Record<string, string>

/**
 * What the containers of a pod take together: those that run at once added up, and no less than what is there while the others
 * start, one after another.
 * source: component-helpers resource AggregateContainerRequests
 */
export function containerTotals(spec: JsonObject, list: 'requests' | 'limits'): Amounts {
  const of = (container: JsonObject) => mapIn(objectIn(container, 'resources'), list)
  let running = objectsIn(spec, 'containers').map(of).reduce(sum, {})
  let sidecars: Amounts = {}
  let starting: Amounts = {}
  for (const container of objectsIn(spec, 'initContainers')) {
    const own = of(container)
    if (container.restartPolicy === 'Always') {
      running = sum(running, own)
      sidecars = sum(sidecars, own)
      starting = larger(starting, sidecars)
    } else starting = larger(starting, sum(own, sidecars))
  }
  return larger(running, starting)
}

function sum(a: Amounts, b: Amounts): Amounts {
  const total = { ...a }
  for (const [name, amount] of Object.entries(b)) {
    const before = total[name]
    total[name] = before === undefined ? amount : addQuantities(before, amount)
  }
  return total
}

function larger(a: Amounts, b: Amounts): Amounts {
  const most = { ...a }
  for (const [name, amount] of Object.entries(b)) {
    const before = most[name]
    if (before === undefined || (quantityNanos(amount) ?? 0n) > (quantityNanos(before) ?? 0n)) most[name] = amount
  }
  return most
}
