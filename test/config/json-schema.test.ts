import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { jsonSchemaText } from '../../runtime/config/json-schema.ts'

const committed = join(import.meta.dirname, '../../config/schema/ostler.schema.json')

interface Node {
  description?: string
  properties?: Record<string, Node>
  items?: Node
}

test('The committed JSON Schema is what schema.ts says: else run `node runtime/config/write-json-schema.ts`', () => {
  expect(readFileSync(committed, 'utf8')).toBe(jsonSchemaText())
})

test('jsonSchemaText() describes every option', () => {
  const bare: string[] = []
  visit(JSON.parse(jsonSchemaText()) as Node, '')
  expect(bare).toEqual([])

  function visit(node: Node, path: string): void {
    for (const [key, inner] of Object.entries(node.properties ?? {})) {
      if (inner.description === undefined) bare.push(`${path}.${key}`)
      visit(inner, `${path}.${key}`)
    }
    if (node.items !== undefined) visit(node.items, `${path}[]`)
  }
})

test('jsonSchemaText() has defaults, limits and patterns for editors', () => {
  const schema = JSON.parse(jsonSchemaText())
  const { timeout, memory, concurrency, resync } = schema.properties.controllers.items.properties
  expect([timeout.default, memory.default, concurrency.default, resync.default]).toEqual(['30s', '128Mi', 4, 'off'])
  expect(concurrency).toMatchObject({ minimum: 1, maximum: 100, type: 'integer' })
  expect('1m30s').toMatch(new RegExp(timeout.pattern))
  expect('30').not.toMatch(new RegExp(timeout.pattern))
  expect('128MB').not.toMatch(new RegExp(memory.pattern))
  expect(schema.properties.controllers.items).toMatchObject({
    additionalProperties: false,
    required: ['name', 'for', 'handler'],
  })
})
