import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'

/**
 * The main part of a script that compares with the real server by random trials: `node SCRIPT [FIRST SEED] [TRIALS]`.
 * Prints each difference that `tryOne` finds, and ends with 1 if there is one.
 */
export async function compareWithReal(
  tryOne: (real: ControlPlane, seed: number) => Promise<object | undefined>,
  { trials, prepare }: { trials: number; prepare?: (real: ControlPlane) => Promise<void> },
): Promise<void> {
  const [first = 1, count = trials] = process.argv.slice(2).map(Number)
  const real = await startControlPlane({ server: 'real' })
  let differences = 0
  try {
    await prepare?.(real)
    for (let seed = first; seed < first + count; seed++) {
      const difference = await tryOne(real, seed)
      if (difference === undefined) continue
      differences++
      process.stdout.write(`${JSON.stringify(difference, null, 1)}\n`)
    }
  } finally {
    await real.stop()
  }
  process.stdout.write(`${count} trials from seed ${first}: ${differences} with a difference\n`)
  process.exitCode = differences === 0 ? 0 : 1
}
