/** What a Kubernetes quantity that is not negative looks like, as a JSON Schema pattern. */
export const QUANTITY_PATTERN = '^\\+?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$'

const quantity = /^\+?([0-9]+\.?[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$/

const MULTIPLE: Readonly<Record<string, number>> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
}

/** Divided by, not multiplied with a fraction: 1000m is 1 and must not become 1.0000000000000002, rounded up to 2. */
const DIVISOR: Readonly<Record<string, number>> = { n: 1e9, u: 1e6, m: 1e3 }

/**
 * Bytes of a Kubernetes quantity (`128Mi`, `1.5G`, `1e9`), rounded up as Kubernetes does; undefined for anything else
 * and for negative amounts, which no size can be. Above 2^53 only as exact as a number is.
 * source: apimachinery pkg/api/resource/quantity.go
 */
export function parseQuantityBytes(text: string): number | undefined {
  const match = quantity.exec(text)
  if (match === null) return undefined
  const [, amount, suffix = ''] = match
  const bytes = /^[eE][+-]?[0-9]/.test(suffix)
    ? Number(`${amount}${suffix}`)
    : (Number(amount) * (MULTIPLE[suffix] ?? 1)) / (DIVISOR[suffix] ?? 1)
  return Number.isFinite(bytes) ? Math.ceil(bytes) : undefined
}
