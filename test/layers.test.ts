import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { ALLOWED } from './layer-table.ts'

const root = resolve(import.meta.dirname, '../runtime')

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

function importsOf(file: string): Import[] {
  const source = readFileSync(file, 'utf8')
  const pattern = /^(?:import|export)\s+(type\s+)?(?:[^;'"]*?\sfrom\s+)?'(\.[^']+)'/gm
  return [...source.matchAll(pattern)].map((match) => ({
    from: relative(root, file),
    to: relative(root, resolve(dirname(file), match[2] as string)),
    typeOnly: match[1] !== undefined,
  }))
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const imports = files.flatMap((name) => importsOf(join(root, name)))
const layerOf = (path: string) => path.split('/')[0] as string

test('every import inside runtime/ follows an allowed edge', () => {
  const bad = imports
    .filter(({ from, to, typeOnly }) => {
      if (layerOf(from) === layerOf(to)) return false
      const allowed = ALLOWED[layerOf(from)] ?? []
      return !(allowed.includes(layerOf(to)) || (typeOnly && allowed.includes(`${layerOf(to)}:types`)))
    })
    .map(({ from, to }) => `${from} → ${to}`)
  expect(bad).toEqual([])
})

test('no file of runtime/ imports itself by a circle', () => {
  const graph = new Map<string, string[]>()
  for (const { from, to, typeOnly } of imports) if (!typeOnly) graph.set(from, [...(graph.get(from) ?? []), to])
  const done = new Set<string>()
  const visit = (file: string, path: string[]): string[] | undefined => {
    if (path.includes(file)) return [...path, file]
    if (done.has(file)) return undefined
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next, [...path, file])
      if (circle !== undefined) return circle
    }
    done.add(file)
    return undefined
  }
  for (const file of graph.keys()) expect(visit(file, [])).toBeUndefined()
})

test('every layer of runtime/ is in the table', () => {
  expect([...new Set(files.map(layerOf))].filter((layer) => !(layer in ALLOWED))).toEqual([])
})
