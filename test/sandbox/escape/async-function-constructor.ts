// @ts-nocheck
// biome-ignore-all lint: hostile code
const makers = [async () => {}, function* () {}, async function* () {}]
export const reconcile = async () => {
  for (const maker of makers) {
    try {
      const made = maker.constructor('return process.pid')()
      const loot = typeof made.next === 'function' ? (await made.next()).value : await made
      if (loot) return { loot }
    } catch {}
  }
}
