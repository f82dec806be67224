import { esc } from './html.ts'
import type { Page, Section } from './page.ts'
import { strongest } from './preferences.ts'

/** The whole in five sentences, for who reads no further. */
export function summarySection(page: Page): Section {
  const sentences = [who(page), sizes(page), money(page), sure(page), prefer(page)]
  return {
    id: 'summary',
    title: page.say('In five sentences', 'En cinq phrases'),
    html: `<ol class="lead-list">${sentences.map((s) => `<li>${esc(s)}</li>`).join('')}</ol>`,
  }
}

const quoted = (page: Page, name: string): string => page.say(`“${name}”`, `«\u00A0${name}\u00A0»`)

function who(page: Page): string {
  const { training: t, centroids, pca } = page.report.bundle
  const at = Date.parse(t.asOf)
  const when = Number.isNaN(at) ? t.asOf : page.day(at)
  const [k, users, axes] = [centroids.length, page.count(t.users), pca.components.length]
  const features = page.features.length
  return page.say(
    `${users} customers, as they were on ${when}, fall into ${k} segments by ${features} features of what they do, read along ${axes} principal axes.`,
    `${users} clients, tels qu’ils étaient le ${when}, se répartissent en ${k} segments d’après ${features} variables de comportement, lues le long de ${axes} axes principaux.`,
  )
}

function sizes(page: Page): string {
  const sorted = page.report.bundle.segments.toSorted((a, b) => b.share - a.share)
  const [first, last] = [sorted[0], sorted.at(-1)]
  if (first === undefined || last === undefined) return ''
  const [large, small] = [quoted(page, page.name(first.key)), quoted(page, page.name(last.key))]
  return page.say(
    `The largest is ${large} with ${page.share(first.share)} of them, the smallest ${small} with ${page.share(last.share)}.`,
    `Le plus grand est ${large} avec ${page.share(first.share)} d’entre eux, le plus petit ${small} avec ${page.share(last.share)}.`,
  )
}

function money(page: Page): string {
  const shares = revenueShares(page)
  if (shares === undefined)
    return page.say('What they spend is not known here.', 'Ce qu’ils dépensent n’est pas connu ici.')
  const best = shares.toSorted((a, b) => b.revenue - a.revenue)[0]
  if (best === undefined) return ''
  return page.say(
    `Most money comes from ${quoted(page, page.name(best.key))}: ${page.share(best.revenue)} of the revenue from ${page.share(best.users)} of the customers.`,
    `Le plus d’argent vient de ${quoted(page, page.name(best.key))}\u00A0: ${page.share(best.revenue)} du chiffre d’affaires avec ${page.share(best.users)} des clients.`,
  )
}

/** Of the customers and of their money, per segment: by the events, else by the study. */
export function revenueShares(
  page: Page,
): { readonly key: string; readonly users: number; readonly revenue: number }[] | undefined {
  const { value, segments, study } = page.report
  const revenue = value?.reduce((sum, v) => sum + v.revenueMinor, 0) ?? 0
  if (value !== undefined && revenue > 0) {
    const users = value.reduce((sum, v) => sum + v.users, 0)
    return value.map((v, i) => ({
      key: segments[i] ?? '',
      users: v.users / users,
      revenue: v.revenueMinor / revenue,
    }))
  }
  const studied = study?.segments.flatMap((s) =>
    s.revenueShare === null ? [] : [{ key: s.key, users: s.share, revenue: s.revenueShare }],
  )
  return studied === undefined || studied.length === 0 ? undefined : studied
}

function sure(page: Page): string {
  const { bundle, study } = page.report
  const silhouette = bundle.training.metrics['silhouette']
  const kept = page.share(
    bundle.pca.explainedVarianceRatio.reduce((a, b) => a + b, 0),
    0,
  )
  const width = silhouette === undefined ? '–' : page.fixed(silhouette, 2)
  if (study === undefined)
    return page.say(
      `The axes keep ${kept} of what tells customers apart, and the segments lie apart with a mean silhouette of ${width}.`,
      `Les axes gardent ${kept} de ce qui distingue les clients, et les segments sont séparés avec une silhouette moyenne de ${width}.`,
    )
  const least = page.fixed(Math.min(...study.segments.map((s) => s.stability)), 2)
  return page.say(
    `The axes keep ${kept} of what tells customers apart; the mean silhouette is ${width}, and the shakiest segment is found again with a Jaccard of ${least}.`,
    `Les axes gardent ${kept} de ce qui distingue les clients\u00A0; la silhouette moyenne est de ${width}, et le segment le plus fragile se retrouve avec un Jaccard de ${least}.`,
  )
}

function prefer(page: Page): string {
  const { preferences, segments } = page.report
  const best = preferences && strongest(preferences.category)
  const value = best && preferences.category.values[best.value]
  if (best === undefined || value === undefined)
    return page.say(
      'No segment surely prefers one category of goods over another by what is known here.',
      'D’après ce qui est connu ici, aucun segment ne préfère sûrement une catégorie à une autre.',
    )
  const name = quoted(page, page.name(segments[best.segment] ?? ''))
  const times = page.fixed(best.preference.index / 100, 1)
  return page.say(
    `The most telling taste: ${name} turn to ${value} ${times} times as much as everybody does.`,
    `Le goût le plus parlant\u00A0: ${name} s’intéressent à ${value} ${times} fois plus que l’ensemble.`,
  )
}
