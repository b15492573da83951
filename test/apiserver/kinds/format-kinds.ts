import type { DistilledKinds } from '../../../runtime/apiserver/kinds/distilled-kinds.ts'

/** JSON with one resource and one schema a line: small, and a new version's difference can be read. */
export function formatKinds({ version, groups, apiServices, resources, schemas }: DistilledKinds): string {
  const definitions = Object.entries(schemas).map(
    ([name, schema]) => `${JSON.stringify(name)}:${JSON.stringify(schema)}`,
  )
  return [
    `{"version":${JSON.stringify(version)},`,
    `"groups":${JSON.stringify(groups)},`,
    `"apiServices":${JSON.stringify(apiServices)},`,
    `"resources":[\n${resources.map((each) => JSON.stringify(each)).join(',\n')}\n],`,
    `"schemas":{\n${definitions.join(',\n')}\n}}\n`,
  ].join('\n')
}
