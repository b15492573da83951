/**
 * Compares server-side apply and the tracking of updates with the real server's, on random sequences of requests.
 *   KUBEBUILDER_ASSETS=… node test/apiserver/apply/compare-with-real.ts [FIRST SEED] [SEQUENCES]
 * Prints each difference with the request, and ends with 1 if there is one.
 */
import { startControlPlane } from '../../control-plane/control-plane.ts'
import { defineGadgets, tryScenario } from './apply-differences.ts'

const [first = 1, count = 300] = process.argv.slice(2).map(Number)
const real = await startControlPlane({ server: 'real' })
let differences = 0
try {
  await defineGadgets(real)
  for (let seed = first; seed < first + count; seed++) {
    const difference = await tryScenario(real, seed)
    if (difference === undefined) continue
    differences++
    process.stdout.write(`${JSON.stringify(difference, null, 1)}\n`)
  }
} finally {
  await real.stop()
}
process.stdout.write(`${count} sequences from seed ${first}: ${differences} with a difference\n`)
process.exitCode = differences === 0 ? 0 : 1
