import { describe } from 'vitest'
import { findAssets, hasControllerManager } from './assets.ts'

/** `describe` for cases that need a real API server: skipped without one, and then named by left-out-reporter.ts. */
export const describeOnControlPlane = describe.skipIf(findAssets() === undefined)

/** The same for cases that need its controllers too. */
export const describeWithControllers = describe.skipIf(!hasControllerManager())
