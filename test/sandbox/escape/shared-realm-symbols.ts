// @ts-nocheck
// biome-ignore-all lint: hostile code
// Objects of the outside that JSON or a frame might carry in.
export const reconcile = async (object, context) => {
  const given = [object, context.key, context.with, await context.get('v1/Pod', { name: 'x' }), context.signal.reason]
  for (const value of given) {
    if (typeof value !== 'object' || value === null) continue
    if (Object.getPrototypeOf(value) !== Object.prototype && !Array.isArray(value))
      return { loot: 'an object of another realm' }
    if (!(value instanceof Object)) return { loot: 'an object of another realm' }
  }
  return { loot: undefined }
}
