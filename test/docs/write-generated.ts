import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GENERATED_FILES, regenerate } from './generated.ts'
import { repository } from './repository.ts'

/** Run by `npm run docs`; a test fails while the committed files are stale. */
for (const file of GENERATED_FILES) writeFileSync(join(repository, file), await regenerate(file))
