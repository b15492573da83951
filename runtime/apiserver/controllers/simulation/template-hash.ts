/** source: apimachinery pkg/util/rand SafeEncodeString: no vowels, nothing that looks like another */
const SAFE = 'bcdfghjklmnpqrstvwxz2456789'

/**
 * A name's part for a template: equal templates have the same. Not the very hash of kube-controller-manager, which is one
 * of Go's memory layout and changes between its versions as well.
 */
export function templateHash(template: unknown, collisionCount = 0): string {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(`${canonical(template)}${collisionCount || ''}`)) {
    hash ^= byte
    hash = Math.imul(hash, 0x01000193) >>> 0
  }
  return [...String(hash)].map((digit) => SAFE[digit.charCodeAt(0) % SAFE.length]).join('')
}

/** JSON with its keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
}

/** Templates ask for the same pods. */
export function isSameTemplate(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b)
}
