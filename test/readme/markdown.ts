/** The blocks of a language ('': of none), whole. */
export function blocksOf(markdown: string, language: string): string[] {
  const blocks = markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)
  return [...blocks].filter((block) => block[1] === language).map((block) => block[2] as string)
}

/** Commands in blocks of code without a language, in their order, without comments; `a && b` are two. */
export function commandsOf(markdown: string): string[] {
  return blocksOf(markdown, '').flatMap((block) =>
    block
      .split('\n')
      .flatMap((line) => line.split('&&'))
      .map((command) => command.replace(/\s#.*$/, '').trim())
      .filter((command) => command !== ''),
  )
}

/** Code within sentences. */
export function inlineCode(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```\w*\n.*?^```$/gms, '')
  return [...prose.matchAll(/`([^`\n]+)`/g)].map((code) => code[1] as string)
}

/** Targets of links and pictures that are no addresses and no headings. */
export function linkedPaths(markdown: string): string[] {
  const targets = [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map((link) => link[1] as string)
  return targets.filter((target) => !/^(\w+:|#)/.test(target)).map((target) => target.replace(/#.*$/, ''))
}
