import { addQuantities, compareQuantities, subtractQuantities } from '../kinds/strategies/quantity.ts'

/** core/v1 ResourceList: amounts by the resource's name, as the API writes them. */
export type ResourceList = Readonly<Record<string, string>>

export function addLists(a: ResourceList, b: ResourceList): ResourceList {
  return combine(a, b, addQuantities)
}

/** The larger amount of each. */
export function maxOfLists(a: ResourceList, b: ResourceList): ResourceList {
  return combine(a, b, (left, right) => (compareQuantities(right, left) > 0 ? right : left))
}

/** How much more it has become; nothing for what has become less. */
export function growthOf(now: ResourceList, before: ResourceList): ResourceList {
  const grown = Object.entries(now).map(([name, amount]): [string, string] => {
    const difference = subtractQuantities(amount, before[name] ?? '0')
    return [name, compareQuantities(difference, '0') > 0 ? difference : '0']
  })
  return Object.fromEntries(grown)
}

export function pickResources(list: ResourceList, names: readonly string[]): ResourceList {
  return Object.fromEntries(Object.entries(list).filter(([name]) => names.includes(name)))
}

export function withoutZeros(list: ResourceList): ResourceList {
  return Object.fromEntries(Object.entries(list).filter(([, amount]) => compareQuantities(amount, '0') !== 0))
}

/** The same amounts, however they are written. */
export function isSameList(a: ResourceList, b: ResourceList): boolean {
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => b[name] !== undefined && compareQuantities(a[name] as string, b[name]) === 0)
}

/** As kube-apiserver's messages show it: `cpu=1,memory=1Gi`. */
export function formatList(list: ResourceList): string {
  const names = Object.keys(list).sort()
  return names.map((name) => `${name}=${list[name]}`).join(',')
}

function combine(a: ResourceList, b: ResourceList, operation: (a: string, b: string) => string): ResourceList {
  const result: Record<string, string> = { ...a }
  for (const [name, amount] of Object.entries(b)) {
    const known = a[name]
    result[name] = known === undefined ? amount : operation(known, amount)
  }
  return result
}
