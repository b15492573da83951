/**
 * A number as Go's `%v` prints a float64: `1.5`, `1e+06`, `1e-05`. Messages are made of it.
 * source: strconv/ftoa.go, %g with the shortest digits
 */
export function formatGoFloat(value: number): string {
  if (value === 0) return '0'
  const [digits = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < 6) return String(value)
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}
