/** A Kubernetes quantity, exact: an integer of nano units and the notation it was written in. */
interface Quantity {
  readonly nanos: bigint
  readonly notation: 'decimal' | 'binary' | 'exponent'
}

const FORM = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?[0-9]+)?$/
const NANO = 1_000_000_000n
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const BINARY: Readonly<Record<string, bigint>> = {
  Ki: 2n ** 10n,
  Mi: 2n ** 20n,
  Gi: 2n ** 30n,
  Ti: 2n ** 40n,
  Pi: 2n ** 50n,
  Ei: 2n ** 60n,
}

/**
 * The form in which the API writes a quantity: `1000m` → `1`, `1024Mi` → `1Gi`, `0.5` → `500m`, `1e3` as it is.
 * undefined: none. Below a nano it is rounded up, as Kubernetes does.
 * source: apimachinery pkg/api/resource/quantity.go
 */
export function canonicalQuantity(text: string): string | undefined {
  const quantity = parseQuantity(text)
  return quantity === undefined ? undefined : formatQuantity(quantity)
}

/** In nano units, so that quantities can be compared. */
export function quantityNanos(text: string | number): bigint | undefined {
  return parseQuantity(String(text))?.nanos
}

/** As Go's SetDefaults_ResourceList does: nothing below a thousandth. */
export function roundUpToMilli(text: string): string {
  const quantity = parseQuantity(text)
  if (quantity === undefined) return text
  const milli = NANO / 1000n
  const rest = quantity.nanos % milli
  if (rest === 0n) return text
  const down = quantity.nanos - rest
  return formatQuantity({ ...quantity, nanos: rest > 0n ? down + milli : down })
}

/** Positive: the first is the larger one. What is no quantity counts as none. */
export function compareQuantities(a: string, b: string): number {
  const [left, right] = [quantityNanos(a) ?? 0n, quantityNanos(b) ?? 0n]
  return left === right ? 0 : left > right ? 1 : -1
}

/** In the notation of the first one, unless that is zero. source: apimachinery Quantity.Add() */
export function addQuantities(a: string, b: string): string {
  return combine(a, b, (left, right) => left + right)
}

export function subtractQuantities(a: string, b: string): string {
  return combine(a, b, (left, right) => left - right)
}

/** Up to the next whole one. */
export function roundUpToWhole(text: string): string {
  const quantity = parseQuantity(text)
  if (quantity === undefined) return text
  return formatQuantity({ ...quantity, nanos: ceiling(quantity.nanos, NANO) * NANO })
}

/** In whole units, rounded up. */
export function quantityUnits(text: string): bigint {
  return ceiling(quantityNanos(text) ?? 0n, NANO)
}

/** In thousandths, rounded up. */
export function quantityMillis(text: string): bigint {
  return ceiling(quantityNanos(text) ?? 0n, NANO / 1000n)
}

function combine(a: string, b: string, operation: (left: bigint, right: bigint) => bigint): string {
  const none: Quantity = { nanos: 0n, notation: 'decimal' }
  const [left, right] = [parseQuantity(a) ?? none, parseQuantity(b) ?? none]
  const { notation } = left.nanos === 0n ? right : left
  return formatQuantity({ nanos: operation(left.nanos, right.nanos), notation })
}

/** Away from zero, as Kubernetes rounds. */
function ceiling(nanos: bigint, unit: bigint): bigint {
  const whole = nanos / unit
  const rest = nanos % unit
  return rest === 0n ? whole : rest > 0n ? whole + 1n : whole - 1n
}

function parseQuantity(text: string): Quantity | undefined {
  const match = FORM.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', suffix = ''] = match
  if (whole === '' && fraction === '') return undefined
  const binary = BINARY[suffix]
  const exponent = /^[eE][+-]?[0-9]/.test(suffix) ? Number(suffix.slice(1)) : (DECIMAL[suffix] ?? 0)
  // No quantity is larger than 2^63; more digits than that only cost time.
  if (Math.abs(exponent) > 30 || whole.length + fraction.length > 40) return undefined
  const digits = BigInt(`${whole}${fraction}` || '0') * (binary ?? 1n)
  const nanos = scale(digits, exponent - fraction.length + 9)
  const notation =
    binary !== undefined ? 'binary' : suffix !== '' && /^[eE][+-]?[0-9]/.test(suffix) ? 'exponent' : 'decimal'
  return { nanos: sign === '-' ? -nanos : nanos, notation }
}

function scale(value: bigint, exponent: number): bigint {
  if (exponent >= 0) return value * 10n ** BigInt(exponent)
  const divisor = 10n ** BigInt(-exponent)
  return value / divisor + (value % divisor === 0n ? 0n : 1n)
}

function formatQuantity({ nanos, notation }: Quantity): string {
  if (nanos === 0n) return '0'
  const isWhole = nanos % NANO === 0n
  const amount = nanos < 0n ? -nanos : nanos
  // Below 1024, and for what is not whole, binary notation gives way to the decimal one.
  if (notation === 'binary' && isWhole && amount >= 1024n * NANO) return formatBinary(nanos / NANO)
  return formatDecimal(nanos, notation === 'exponent')
}

function formatBinary(value: bigint): string {
  for (const [suffix, factor] of Object.entries(BINARY).reverse()) {
    if (value % factor === 0n) return `${value / factor}${suffix}`
  }
  return String(value)
}

function formatDecimal(nanos: bigint, isExponent: boolean): string {
  for (const [suffix, exponent] of Object.entries(DECIMAL).reverse()) {
    const factor = 10n ** BigInt(exponent + 9)
    if (nanos % factor !== 0n) continue
    if (isExponent) return exponent === 0 ? String(nanos / factor) : `${nanos / factor}e${exponent}`
    return `${nanos / factor}${suffix}`
  }
  return String(nanos)
}
