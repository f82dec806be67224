/** A part of the runbook under one heading. */
export interface Section {
  readonly title: string
  /** Title of the larger part that it belongs to; its own for one of those. */
  readonly within: string
  readonly commands: readonly string[]
  /** Nothing but a command stands at its end. */
  readonly endsWithCommand: boolean
}

/** The sections of a page, in their order. */
export function sectionsOf(markdown: string): Section[] {
  let within = ''
  return markdown
    .split(/^(?=##+ )/m)
    .slice(1)
    .map((text) => {
      const [, depth = '', title = ''] = /^(##+) (.*)$/m.exec(text) ?? []
      if (depth === '##') within = title
      const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)
      const commands = blocks.flatMap((block) => block.split('\n').filter((line) => line !== ''))
      return { title, within, commands, endsWithCommand: /^```sh\n[^`]+^```\s*$(?![^])/m.test(text) }
    })
}
