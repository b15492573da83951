import { keysOf, own, PrimordialError, SafeMap, stringifyJson } from './primordials.ts'
import { setBundleFile } from './stack-trace.ts'
import { thrownText } from './thrown.ts'

/** The name by which the wrapped bundle hands itself over; it is there during `load` only. */
const HOOK = '__ostlerLoad'

type BundleFunction = (module: { exports: unknown }, exports: unknown, require: (name: string) => never) => void

let exportsOf: unknown = {}

/** Readies the hook that the next script calls with the bundle as a function; it answers with the text of `loaded`. */
export function expectBundle(fileName: string): void {
  const scope = globalThis as Record<string, unknown>
  scope[HOOK] = (bundle: BundleFunction): string => {
    delete scope[HOOK]
    setBundleFile(fileName)
    try {
      const module = { exports: {} as unknown }
      bundle(module, module.exports, refuseRequire)
      exportsOf = module.exports
      return `{"exports":${exportsText(exportsOf)}}`
    } catch (error) {
      return thrownText(error)
    }
  }
}

/** An export of the bundle, as it is now: bundles export getters. */
export function exportedFunction(name: string): (...args: unknown[]) => unknown {
  const value = own(exportsOf, name)
  if (typeof value !== 'function') throw new PrimordialError(`The handler exports no function "${name}"`)
  return value as (...args: unknown[]) => unknown
}

function exportsText(exports: unknown): string {
  if (typeof exports !== 'object' || exports === null) return '{}'
  const types = new SafeMap<string, string>()
  const names = keysOf(exports)
  for (let i = 0; i < names.length; i++) types.set(names[i] as string, typeof own(exports, names[i] as string))
  let text = ''
  types.forEach((type, name) => {
    text += `${text === '' ? '' : ','}${stringifyJson(name)}:"${type}"`
  })
  return `{${text}}`
}

function refuseRequire(name: string): never {
  throw new PrimordialError(`Cannot require "${name}": handlers have no Node.js modules`)
}
