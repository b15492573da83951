import { basename } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'
import { findBrowser } from '../e2e/browser.ts'
import { whyNoNamespaces } from '../image/namespaces.ts'
import { chosenServer, findAssets, hasControllerManager } from './assets.ts'

/** Says at the end which cases were left out for want of something, so that a green run is not read as a whole one. */
export default class LeftOutReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules.filter(isEndToEnd)) {
      const names = skippedIn(module)
      const why = NEEDS[basename(module.moduleId)]?.()
      // Undefined when the cases were left out by who called for the others.
      if (names.length > 0 && why !== undefined) process.stdout.write(leftOutText(names, why))
    }
  }
}

const noPrograms = () =>
  findAssets() === undefined ? 'KUBEBUILDER_ASSETS names no folder with etcd, kube-apiserver and kubectl' : undefined

const noControllers = () =>
  hasControllerManager()
    ? undefined
    : (noPrograms() ?? 'KUBEBUILDER_ASSETS names no folder with kube-controller-manager')

const noNamespaces = () => {
  const why = whyNoNamespaces()
  return why === undefined ? undefined : `this machine permits no namespaces (${why})`
}

const noBrowser = () =>
  findBrowser() === undefined ? 'there is no chromium on the PATH, and CHROMIUM names none' : undefined

const noPodSecurity = () =>
  chosenServer() === 'embedded' ? 'the embedded API server has no PodSecurity admission' : undefined

/** By file, what its cases need beyond the embedded server; all others need nothing. Each says what is missing. */
const NEEDS: Readonly<Record<string, () => string | undefined>> = {
  'deploy.test.ts': () => noPrograms() ?? noPodSecurity(),
  'image.test.ts': () => noPrograms() ?? noNamespaces(),
  'deployment-steward.test.ts': () => (chosenServer() === 'real' ? noControllers() : undefined),
  'page.test.ts': noBrowser,
  'real.test.ts': noControllers,
  'kubectl.test.ts': noControllers,
}

export function leftOutText(names: readonly string[], why: string): string {
  const cases = names.length === 1 ? '1 case' : `${names.length} cases`
  const lines = names.map((name) => `  - ${name}\n`).join('')
  return `\nLeft out ${cases}, as ${why}:\n${lines}`
}

function isEndToEnd(module: TestModule): boolean {
  return module.project.name !== 'unit'
}

function skippedIn(module: TestModule): string[] {
  return [...module.children.allTests('skipped')].map((test) => test.fullName)
}
