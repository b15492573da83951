/** The one of `known` that `text` was most likely meant to be, or undefined when none is close. */
export function nearest(text: string, known: readonly string[]): string | undefined {
  // A third of the letters wrong, at least one: more, and the guess is no better than the list itself.
  const limit = Math.max(1, Math.floor(text.length / 3))
  const ranked = known
    .map((candidate) => ({ candidate, distance: distance(text.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= limit ? best.candidate : undefined
}

/** Levenshtein: how many letters to add, remove or change. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...a].entries()) {
    const row = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const replaced = (previous[j] as number) + (letter === b[j] ? 0 : 1)
      row.push(Math.min(replaced, (previous[j + 1] as number) + 1, (row[j] as number) + 1))
    }
    previous = row
  }
  return previous[b.length] as number
}
