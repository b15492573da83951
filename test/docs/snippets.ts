/** A code block of a Markdown text that belongs into a file. */
export interface Snippet {
  readonly file: string
  readonly text: string
}

/** The code blocks that begin with a comment which is a file's name: `# ostler.yaml`, `// handlers/greeter.ts`. */
export function snippetsIn(markdown: string): Snippet[] {
  const blocks = markdown.matchAll(/^```(?:yaml|ts)\n(?:#|\/\/) (\S+\.(?:yaml|ts))\n([\s\S]*?)^```$/gm)
  return [...blocks].map(([, file, text]) => ({ file: file as string, text: text as string }))
}
