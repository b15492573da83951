// @ts-nocheck
// biome-ignore-all lint: hostile code
// The function that leads out, caught through methods and properties that the prelude might use.
const { apply } = Reflect
const { getOwnPropertyNames, defineProperty } = Object
const caught = []
let count = 0
const keep = (value) => {
  if (typeof value === 'function') caught[count++] = value
}
const HOLDERS = [Function, Array, Map, Set, Promise, String, Number].map((type) => type.prototype)
const PROPERTIES = ['call', 'controller', 'text', 'resolve', 'settled', 'id', 'get', 'set', 'value', 'then', 'callback']

function spy(holder, name) {
  try {
    const original = holder[name]
    if (typeof original !== 'function') return
    holder[name] = function (...args) {
      keep(this)
      for (let i = 0; i < args.length; i++) keep(args[i])
      return apply(original, this, args)
    }
  } catch {}
}

export const reconcile = async (object, context) => {
  for (const holder of [...HOLDERS, JSON, Reflect, Math]) {
    for (const name of getOwnPropertyNames(holder)) if (name !== 'constructor') spy(holder, name)
  }
  for (const name of PROPERTIES) {
    defineProperty(Object.prototype, name, { __proto__: null, configurable: true, get: () => undefined, set: keep })
  }
  try {
    context.log.info('x', { a: 1 })
    void context.get('v1/Pod', { name: 'x' }).catch(() => {})
    setTimeout(() => {}, 0)
    new URL('http://a/?b=c').searchParams.append('d', 'e')
    performance.now()
    crypto.randomUUID()
  } catch {}
  for (const name of PROPERTIES) delete Object.prototype[name]
  for (let i = 0; i < count; i++) {
    try {
      if (typeof caught[i]('now', 0, '') === 'number') return { loot: String(caught[i]) }
    } catch {}
  }
  return { seen: count }
}
