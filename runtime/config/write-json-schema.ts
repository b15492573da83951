import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jsonSchemaText } from './json-schema.ts'

/** Run by hand after a change of schema.ts; a test fails while the committed file is stale. */
writeFileSync(join(import.meta.dirname, '../../config/schema/ostler.schema.json'), jsonSchemaText())
