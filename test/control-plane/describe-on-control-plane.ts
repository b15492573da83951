import { describe } from 'vitest'
import { chosenServer, findAssets, hasControllerManager } from './assets.ts'

/** `describe` for cases that need kubectl itself, as for its kustomize: skipped without it, and then named by left-out-reporter.ts. */
export const describeWithKubectl = describe.skipIf(findAssets() === undefined)

/** For comparisons with the real API server: skipped without it. */
export const describeOnRealServer = describeWithKubectl

/** For cases that need a cluster's controllers; the embedded server has its own. */
export const describeWithControllers = describe.skipIf(chosenServer() === 'real' && !hasControllerManager())
