export type Labels = Readonly<Record<string, string>>

/** The sum of the samples of `name` that bear all these labels, in Prometheus' text format; 0 where there is none. */
export function sumSamples(text: string, name: string, labels: Labels = {}): number {
  return text
    .split('\n')
    .map((line) => /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line))
    .filter((match) => match?.[1] === name && bears(match[2] ?? '', labels))
    .reduce((sum, match) => sum + Number(match?.[3]), 0)
}

function bears(text: string, labels: Labels): boolean {
  const pairs = new Map([...text.matchAll(/(\w+)="((?:\\.|[^"\\])*)"/g)].map(([, name, value]) => [name, value]))
  return Object.entries(labels).every(([name, value]) => pairs.get(name) === value)
}
