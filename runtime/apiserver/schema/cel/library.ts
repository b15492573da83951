import type { Environment } from '@marcbachmann/cel-js'

/** Adds functions to an environment. */
export type Library = (environment: Environment) => void

/** Ends a rule with an error, as what it was given cannot be worked with. */
export class RuleError extends Error {
  override readonly name = 'RuleError'
}

/** A name that functions stand under, such as `sets` in `sets.contains(a, b)`: handlers get it as their first argument. */
export function registerNamespace(environment: Environment, name: string, type: string): void {
  const Namespace = class {}
  environment.registerType(type, Namespace)
  environment.registerConstant(name, type, new Namespace())
}
