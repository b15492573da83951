import { type Library, RuleError } from './library.ts'
import { parseQuantityValue, QuantityValue, quantityOfInteger } from './quantity-value.ts'

const TYPE = 'kubernetes.Quantity'

/** Kubernetes' quantities. source: apiserver pkg/cel/library/quantity.go */
export const quantityLibrary: Library = (environment) => {
  environment
    .registerType(TYPE, QuantityValue)
    .registerOperator(`${TYPE} == ${TYPE}`, (a: QuantityValue, b: QuantityValue) => a.nanos === b.nanos)
    .registerFunction(`quantity(string): ${TYPE}`, parse)
    .registerFunction('isQuantity(string): bool', (text: string) => parseQuantityValue(text) !== undefined)
    .registerFunction(`sign(${TYPE}): int`, ({ nanos }: QuantityValue) => (nanos > 0n ? 1n : nanos < 0n ? -1n : 0n))
    .registerFunction(`${TYPE}.isGreaterThan(${TYPE}): bool`, (a: QuantityValue, b: QuantityValue) => a.nanos > b.nanos)
    .registerFunction(`${TYPE}.isLessThan(${TYPE}): bool`, (a: QuantityValue, b: QuantityValue) => a.nanos < b.nanos)
    .registerFunction(`${TYPE}.compareTo(${TYPE}): int`, (a: QuantityValue, b: QuantityValue) =>
      a.nanos < b.nanos ? -1n : a.nanos > b.nanos ? 1n : 0n,
    )
    .registerFunction(`${TYPE}.isInteger(): bool`, (each: QuantityValue) => each.isInteger)
    .registerFunction(`${TYPE}.asInteger(): int`, asInteger)
    .registerFunction(`${TYPE}.asApproximateFloat(): double`, (each: QuantityValue) => each.asNumber())
    .registerFunction(`${TYPE}.add(${TYPE}): ${TYPE}`, (a: QuantityValue, b: QuantityValue) => a.plus(b.nanos))
    .registerFunction(`${TYPE}.sub(${TYPE}): ${TYPE}`, (a: QuantityValue, b: QuantityValue) => a.plus(-b.nanos))
    .registerFunction(`${TYPE}.add(int): ${TYPE}`, (a: QuantityValue, b: bigint) => a.plus(quantityOfInteger(b)))
    .registerFunction(`${TYPE}.sub(int): ${TYPE}`, (a: QuantityValue, b: bigint) => a.plus(-quantityOfInteger(b)))
}

function parse(text: string): QuantityValue {
  const quantity = parseQuantityValue(text)
  if (quantity !== undefined) return quantity
  throw new RuleError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
}

function asInteger(quantity: QuantityValue): bigint {
  const whole = quantity.asInteger()
  if (whole === undefined) throw new RuleError('cannot convert value to integer')
  return whole
}
