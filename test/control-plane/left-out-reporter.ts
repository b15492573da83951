import type { Reporter, TestModule } from 'vitest/node'
import { findAssets, hasControllerManager } from './assets.ts'

/** Says at the end which cases were left out for want of a control plane, so that a green run is not read as a whole one. */
export default class LeftOutReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (hasControllerManager()) return
    const names = modules.filter(isEndToEnd).flatMap(skippedIn)
    if (names.length === 0) return
    const missing = findAssets() === undefined ? 'etcd, kube-apiserver and kubectl' : 'kube-controller-manager'
    process.stdout.write(leftOutText(names, missing))
  }
}

export function leftOutText(names: readonly string[], missing: string): string {
  const cases = names.length === 1 ? '1 case' : `${names.length} cases`
  const lines = names.map((name) => `  - ${name}\n`).join('')
  return `\nLeft out ${cases}, as KUBEBUILDER_ASSETS names no folder with ${missing}:\n${lines}`
}

function isEndToEnd(module: TestModule): boolean {
  return module.project.name === 'e2e'
}

function skippedIn(module: TestModule): string[] {
  return [...module.children.allTests('skipped')].map((test) => test.fullName)
}
