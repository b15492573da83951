/**
 * Compares strategic merge patches with the real server's, on random ones.
 *   KUBEBUILDER_ASSETS=… node test/apiserver/patch/compare-with-real.ts [FIRST SEED] [SEQUENCES]
 * Prints each difference, and ends with 1 if there is one.
 */
import { compareWithReal } from '../compare-with-real.ts'
import { tryPatches } from './strategic-differences.ts'

await compareWithReal(tryPatches, { trials: 100 })
