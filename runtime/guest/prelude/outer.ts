/** The one function of the outside: strings and numbers in, a string or a number back (see ../vm.ts for its operations). */
export type Outer = (op: string, id: number, text: string) => string | number

const scope = globalThis as { __ostler?: Outer }
const captured = scope.__ostler as Outer
delete scope.__ostler

/** Asks the outside for something that it answers at once. */
export const askOuter: Outer = captured

/** Sends one frame to the host; `payload` is JSON. */
export function send(type: 'settled' | 'hostCall' | 'log', id: number, payload: string): void {
  captured('send', id, `${type}\n${payload}`)
}
