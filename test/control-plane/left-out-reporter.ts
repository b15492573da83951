import type { Reporter, TestModule } from 'vitest/node'
import { findBrowser } from '../e2e/browser.ts'
import { whyNoNamespaces } from '../image/namespaces.ts'
import { findAssets, hasControllerManager } from './assets.ts'

/** Says at the end which cases were left out for want of something, so that a green run is not read as a whole one. */
export default class LeftOutReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const names = modules.filter(isEndToEnd).flatMap(skippedIn)
    const why = names.length > 0 ? whatIsMissing() : undefined
    if (why !== undefined) process.stdout.write(leftOutText(names, why))
  }
}

/** Undefined when the cases were left out by who called for the others. */
function whatIsMissing(): string | undefined {
  if (findAssets() === undefined) return 'KUBEBUILDER_ASSETS names no folder with etcd, kube-apiserver and kubectl'
  if (!hasControllerManager()) return 'KUBEBUILDER_ASSETS names no folder with kube-controller-manager'
  if (findBrowser() === undefined) return 'there is no chromium on the PATH, and CHROMIUM names none'
  const why = whyNoNamespaces()
  return why === undefined ? undefined : `this machine permits no namespaces (${why})`
}

export function leftOutText(names: readonly string[], why: string): string {
  const cases = names.length === 1 ? '1 case' : `${names.length} cases`
  const lines = names.map((name) => `  - ${name}\n`).join('')
  return `\nLeft out ${cases}, as ${why}:\n${lines}`
}

function isEndToEnd(module: TestModule): boolean {
  return module.project.name === 'e2e'
}

function skippedIn(module: TestModule): string[] {
  return [...module.children.allTests('skipped')].map((test) => test.fullName)
}
