import { randomBytes } from 'node:crypto'
import { transform } from 'esbuild'

/**
 * Whether `import()` or `require()` is called with a path that is put together at run time. esbuild takes such a path
 * for a pattern (`./locales/*`), and lists folders for it on its own, past every plugin: `'../../../' + name` would walk
 * the whole disk. So no file with one may reach it.
 *
 * The question is put to esbuild's own parser, by what it prints: real calls of `require` come back under a name that no
 * string can hold, real calls of `import` are gone once that syntax is switched off.
 * errors: esbuild's TransformFailure for text that does not parse
 */
export async function hasComputedImport(text: string, loader: 'ts' | 'js'): Promise<boolean> {
  if (!mayHaveOne(text)) return false
  const marker = `require_${randomBytes(8).toString('hex')}`
  const printed = await print(text, loader, marker, true)
  if (countComputed(printed, marker) > 0) return true
  const computed = countComputed(printed, 'import')
  return computed > 0 && computed > countComputed(await print(text, loader, marker, false), 'import')
}

/** A place to show for it: the first call that looks like one; from 0. */
export function findComputedImport(text: string): number {
  return Math.max(0, text.search(/\b(?:import|require)\s*\(\s*(?:[^\s'")]|(['"])[^'"\n]*\1\s*\+)/))
}

/** Cheap and on the safe side: most files have no such call, and need no second parse. Escapes may spell `require`. */
function mayHaveOne(text: string): boolean {
  const rest = text.replace(/\brequire\(\s*(["'])[^"'\\\n]*\1\s*\)/g, '')
  return /require|\\u|\bimport\s*[(/.]/.test(rest)
}

async function print(text: string, loader: 'ts' | 'js', marker: string, dynamicImport: boolean): Promise<string> {
  const printed = await transform(text, {
    loader,
    define: { require: marker, 'module.require': marker },
    supported: { 'dynamic-import': dynamicImport },
    // Comments inside the parentheses would be kept otherwise.
    minifyWhitespace: true,
    legalComments: 'none',
    tsconfigRaw: '{}',
    logLevel: 'silent',
  })
  return printed.code
}

/** Calls whose argument is neither a literal nor a plain name; those two are never patterns. */
function countComputed(printed: string, callee: string): number {
  const harmless = /(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\$]|\\[\s\S])*`|[\w$.]+)[),]/y
  const calls = printed.matchAll(new RegExp(`\\b${callee}(?:\\?\\.)?\\(`, 'g'))
  let count = 0
  for (const call of calls) {
    harmless.lastIndex = call.index + call[0].length
    if (!harmless.test(printed)) count++
  }
  return count
}
