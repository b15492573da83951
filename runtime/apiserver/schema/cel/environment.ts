import { Environment } from '@marcbachmann/cel-js'
import { comprehensionLibrary } from './comprehension-library.ts'
import { formatLibrary } from './format-library.ts'
import { registerNamespace } from './library.ts'
import { listLibrary } from './list-library.ts'
import { networkLibrary } from './network-library.ts'
import { quantityLibrary } from './quantity-library.ts'
import { semverLibrary } from './semver-library.ts'
import { stringLibrary } from './string-library.ts'

/**
 * What rules may call, as of Kubernetes 1.36; made once, as it takes a few milliseconds.
 * source: apiserver pkg/cel/environment/base.go
 */
let base: Environment | undefined

/** An environment to declare types and variables in. */
export function createEnvironment(): Environment {
  base ??= createBase()
  return base.clone()
}

function createBase(): Environment {
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 10_000, maxDepth: 100 },
  })
  registerNamespace(environment, 'strings', 'StringsNamespace')
  for (const library of [
    stringLibrary,
    listLibrary,
    quantityLibrary,
    semverLibrary,
    networkLibrary,
    formatLibrary,
    comprehensionLibrary,
  ])
    library(environment)
  return environment
}
