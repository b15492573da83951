import { expect, test } from 'vitest'
import { GENERATED_FILES, regenerate } from './generated.ts'
import { readDoc } from './repository.ts'

test.each(GENERATED_FILES)(
  'the generated parts of %s are what the code says: else run `npm run docs`',
  async (file) => {
    expect(readDoc(file)).toBe(await regenerate(file))
  },
)
