import { z } from 'zod'
import { configSchema } from './schema.ts'

/**
 * The JSON Schema for editors, as it stands in config/schema/ostler.schema.json. Draft 7, as yaml-language-server reads
 * no later one in full.
 */
export function jsonSchemaText(): string {
  const schema = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' })
  return `${JSON.stringify(schema, null, 2)}\n`
}
