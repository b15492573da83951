/**
 * Compares server-side apply and the tracking of updates with the real server's, on random sequences of requests.
 *   KUBEBUILDER_ASSETS=… node test/apiserver/apply/compare-with-real.ts [FIRST SEED] [SEQUENCES]
 * Prints each difference with the request, and ends with 1 if there is one.
 */
import { compareWithReal } from '../compare-with-real.ts'
import { defineGadgets, tryScenario } from './apply-differences.ts'

await compareWithReal(tryScenario, { trials: 300, prepare: defineGadgets })
