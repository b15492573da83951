const VERSION = /^v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?$/

/**
 * Orders versions for discovery, the best first: stable before beta before alpha, then the higher number; what is no such
 * version comes last, by name.
 * source: apimachinery pkg/version/helpers.go CompareKubeAwareVersionStrings
 */
export function compareVersions(a: string, b: string): number {
  const left = VERSION.exec(a)
  const right = VERSION.exec(b)
  if (left === null && right === null) return a < b ? -1 : a > b ? 1 : 0
  if (left === null) return 1
  if (right === null) return -1
  return (
    stabilityOf(right) - stabilityOf(left) || Number(right[1]) - Number(left[1]) || Number(right[3]) - Number(left[3])
  )
}

function stabilityOf([, , stage]: RegExpExecArray): number {
  return stage === undefined ? 2 : stage === 'beta' ? 1 : 0
}
