import type { Report } from '../../app/report/report.ts'
import type { Locale } from '../../domain/segments/format.ts'
import { choiceSection } from './choice.ts'
import { componentsSection } from './components.ts'
import { dataSection } from './data.ts'
import { featuresSection } from './features.ts'
import { glossarySection } from './glossary.ts'
import { esc } from './html.ts'
import { limitsSection } from './limits.ts'
import { movementSection } from './movement.ts'
import { newcomerSection } from './newcomer.ts'
import { Page, type Section } from './page.ts'
import { preferencesSection } from './preferences.ts'
import { preparationSection } from './preparation.ts'
import { segmentsSection } from './segments.ts'
import { STYLE } from './style.ts'
import { summarySection } from './summary.ts'
import { valueSection } from './value.ts'

/** In the order of reading. */
const SECTIONS: readonly ((page: Page) => Section | undefined)[] = [
  summarySection,
  dataSection,
  featuresSection,
  preparationSection,
  componentsSection,
  choiceSection,
  segmentsSection,
  preferencesSection,
  valueSection,
  movementSection,
  newcomerSection,
  limitsSection,
  glossarySection,
]

/**
 * The report as one HTML file that needs nothing else: no script, no network. A function of its arguments: the same report gives
 * the same bytes.
 */
export function reportHtml(report: Report, locale: Locale): string {
  const page = new Page(report, locale)
  const sections = SECTIONS.flatMap((make) => make(page) ?? [])
  const title = page.say('Customer segmentation', 'Segmentation des clients')
  const { version, training } = report.bundle
  const lead = page.say(
    `Model ${version.slice(0, 12)}, trained on ${training.source}`,
    `Modèle ${version.slice(0, 12)}, entraîné sur ${training.source}`,
  )
  const contents = page.say('Contents', 'Sommaire')
  const toc = sections.map((s) => `<li><a href="#${s.id}">${esc(s.title)}</a></li>`).join('\n')
  const body = sections
    .map(
      (s, i) =>
        `<section id="${s.id}" aria-labelledby="${s.id}-title">\n<h2 id="${s.id}-title">${i + 1}. ${esc(s.title)}</h2>\n${s.html}\n</section>`,
    )
    .join('\n')
  return `<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${esc(`${title} · ${version.slice(0, 12)}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#summary">${page.say('Skip to the report', 'Aller au rapport')}</a>
<header>
<h1>${title}</h1>
<p class="lead">${esc(lead)}</p>
</header>
<nav aria-label="${contents}">
<ol>
${toc}
</ol>
</nav>
<main>
${body}
</main>
<footer><p>${esc(page.say(`Made by ${report.program}.`, `Réalisé par ${report.program}.`))}</p></footer>
</body>
</html>
`
}
