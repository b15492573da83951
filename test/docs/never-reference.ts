import { GUARANTEES } from '../never/guarantees.ts'
import { MUTATIONS } from '../never/mutations.ts'
import { testFileOf } from '../never/test-file.ts'

/** The table of runtime/README.md: what must never happen, where it is kept from happening, and the test. */
export function neverReference(): string {
  const rows = GUARANTEES.map((guarantee, index) => {
    const number = index + 1
    const mutations = MUTATIONS.filter(({ never }) => never === number)
    const files = [...new Set(mutations.map(({ file }) => file))]
      .sort()
      .map((file) => `\`${file.replace(/\.ts$/, '')}\``)
    const test = `[${number}](../test/never/${testFileOf(number)})`
    return `| ${test} | ${guarantee} | ${files.join(', ')} | ${mutations.length} |`
  })
  return ['| test | never | kept by | mutations |', '|---|---|---|---|', ...rows].join('\n')
}
