/**
 * The runtime part of what handlers import from 'ostler', as text: a bundled host has no runtime/ beside it to read
 * guest/terminal-error.ts from. A test holds the two together.
 */
export const OSTLER_MODULE = `\
export class TerminalError extends Error {
  name = 'TerminalError'
}
`
