/** Powers of ten of the decimal suffixes, of two of the binary ones. */
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const BINARY: Readonly<Record<string, bigint>> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n }

/** Quantities count in billionths, as Kubernetes rounds to them. */
const NANO = 1_000_000_000n

/** `100m`, `1.5Gi`, `1e3`: an amount as Kubernetes writes it. */
export class QuantityValue {
  readonly nanos: bigint

  constructor(nanos: bigint) {
    this.nanos = nanos
  }

  get isInteger(): boolean {
    return this.nanos % NANO === 0n && this.asInteger() !== undefined
  }

  /** Undefined: not whole, or not in 64 bits. */
  asInteger(): bigint | undefined {
    if (this.nanos % NANO !== 0n) return undefined
    const whole = this.nanos / NANO
    return whole === BigInt.asIntN(64, whole) ? whole : undefined
  }

  asNumber(): number {
    return Number(this.nanos) / 1e9
  }

  plus(other: bigint): QuantityValue {
    return new QuantityValue(this.nanos + other)
  }
}

export function quantityOfInteger(whole: bigint): bigint {
  return whole * NANO
}

/** Undefined: not a quantity. What is finer than a billionth is rounded up, away from zero. */
export function parseQuantityValue(text: string): QuantityValue | undefined {
  const match = /^([+-]?)(\d+\.?\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]?|[eE][+-]?\d{1,4})$/.exec(text)
  if (match === null) return undefined
  const [, sign = '', digits = '', suffix = ''] = match
  const [whole = '', fraction = ''] = digits.split('.')
  const amount = BigInt(`${whole}${fraction}`)
  const binary = BINARY[suffix]
  const exponent = (binary !== undefined ? 0 : (DECIMAL[suffix] ?? Number(suffix.slice(1)))) - fraction.length + 9
  const scaled = binary === undefined ? amount : amount << binary
  const nanos = exponent >= 0 ? scaled * 10n ** BigInt(exponent) : ceilDivide(scaled, 10n ** BigInt(-exponent))
  return new QuantityValue(sign === '-' ? -nanos : nanos)
}

function ceilDivide(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b
}
