/**
 * How much a figure grew over the last two thirds of its samples, by the line that fits them best (least squares): one late
 * sample that is high says nothing, and what fills up to its bound does so in the first third.
 */
export function growth(samples: readonly number[]): number {
  const late = samples.slice(Math.floor(samples.length / 3))
  const middle = (late.length - 1) / 2
  const mean = late.reduce((sum, value) => sum + value, 0) / late.length
  const covariance = late.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0)
  const variance = late.reduce((sum, _, i) => sum + (i - middle) ** 2, 0)
  return variance === 0 ? 0 : (covariance / variance) * (late.length - 1)
}
