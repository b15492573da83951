import { PrimordialError } from './primordials.ts'

/** Frames that are looked at; what is not the handler's own is dropped afterwards. */
const STACK_LIMIT = 25

interface CallSite {
  getFileName(): string | null
  getFunctionName(): string | null
  getTypeName(): string | null
  getMethodName(): string | null
  getLineNumber(): number | null
  getColumnNumber(): number | null
  isAsync(): boolean
  isConstructor(): boolean
  isToplevel(): boolean
}

let bundleFile = ''

/** Stacks hold the frames of this file alone: the prelude's and vm2's say nothing to the handler's author. */
export function setBundleFile(fileName: string): void {
  bundleFile = fileName
}

/** Makes stacks read `at fn (fileName:line:column)`; without this vm2 writes `at CallSite {}`. */
export function installStackTrace(): void {
  const scope = PrimordialError as unknown as { prepareStackTrace: unknown; stackTraceLimit: number }
  scope.prepareStackTrace = formatStack
  scope.stackTraceLimit = STACK_LIMIT
}

function formatStack(error: unknown, sites: readonly CallSite[]): string {
  let text = headerOf(error)
  for (let i = 0; i < sites.length; i++) {
    const site = sites[i] as CallSite
    if (site.getFileName() === bundleFile && !isWrapper(site)) text += `\n    at ${formatSite(site)}`
  }
  return text
}

/** The call that hands the bundle over stands at its very beginning (see vm.ts). */
function isWrapper(site: CallSite): boolean {
  return site.getLineNumber() === 1 && site.getColumnNumber() === 1
}

function headerOf(error: unknown): string {
  try {
    const { name, message } = error as Error
    return message === '' || message === undefined ? `${name}` : `${name}: ${message}`
  } catch {
    return 'Error'
  }
}

function formatSite(site: CallSite): string {
  const place = `${bundleFile}:${site.getLineNumber()}:${site.getColumnNumber()}`
  const name = site.getFunctionName()
  if (!name) return site.isAsync() ? `async ${place}` : place
  const prefix = site.isAsync() ? 'async ' : site.isConstructor() ? 'new ' : ''
  return `${prefix}${name} (${place})`
}
