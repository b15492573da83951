/**
 * Versions compare as numbers since Kubernetes 1.35 says so (KEP-5504); of anything else, only equality is known.
 */
export function isSameOrLater(seen: string, written: string): boolean {
  if (seen === written) return true
  if (!isNumeric(seen) || !isNumeric(written)) return false
  return seen.length === written.length ? seen > written : seen.length > written.length
}

/** Certainly earlier; of versions that are no numbers nothing is certain. */
export function isOlder(seen: string, known: string): boolean {
  return isNumeric(seen) && isNumeric(known) && !isSameOrLater(seen, known)
}

const isNumeric = (version: string) => /^\d+$/.test(version)
