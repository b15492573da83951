import { describe } from 'vitest'
import { findAssets } from '../control-plane/assets.ts'
import { whyNoNamespaces } from './namespaces.ts'

/**
 * `describe` for cases that run a pod beside a real API server: skipped, and named by left-out-reporter.ts, without one, and
 * where the machine permits no namespaces.
 */
export const describeInPod = describe.skipIf(findAssets() === undefined || whyNoNamespaces() !== undefined)
