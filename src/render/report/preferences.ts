import type { TimeDimension } from '../../app/report/activity.ts'
import type { Preference, PreferenceTable } from '../../app/report/preferences.ts'
import { table, type Cell } from './html.ts'
import { monthNames } from './numbers.ts'
import type { Page, Section } from './page.ts'

const DIMENSIONS = ['category', 'hour', 'weekday', 'month', 'season'] as const
type Dimension = (typeof DIMENSIONS)[number]

/** Where each segment's activity lies more, or less, than everybody's. */
export function preferencesSection(page: Page): Section {
  const { preferences } = page.report
  const title = page.say('Preferences', 'Préférences')
  if (preferences === undefined) return { id: 'preferences', title, html: page.noEvents() }
  const how = page.say(
    'An index of 100 is everybody’s share; 150 is half as much again. The interval holds the index with 95 % confidence, customers ' +
      'being the sample; figures in grey cannot be told from 100.',
    'Un indice de 100 correspond à la part de tous les clients\u00A0; 150, moitié plus. L’intervalle contient l’indice avec 95\u00A0% ' +
      'de confiance, les clients étant l’échantillon\u00A0; les chiffres en gris ne se distinguent pas de 100.',
  )
  const figures = DIMENSIONS.map((d) =>
    figure(page, d, d === 'category' ? preferences.category : preferences.time[d]),
  )
  return { id: 'preferences', title, html: `<p>${how}</p>${figures.join('\n')}` }
}

function titleOf(page: Page, dimension: Dimension): string {
  const titles: Record<Dimension, string> = {
    category: page.say('Category', 'Catégorie'),
    hour: page.say('Hour of the day', 'Heure de la journée'),
    weekday: page.say('Day of the week', 'Jour de la semaine'),
    month: page.say('Month', 'Mois'),
    season: page.say('Season', 'Saison'),
  }
  return titles[dimension]
}

function valueName(page: Page, dimension: Dimension, value: string | number): string {
  if (typeof value === 'string') return value
  const names: Record<TimeDimension, () => string | undefined> = {
    hour: () => (page.locale === 'fr' ? `${value}\u00A0h` : `${String(value).padStart(2, '0')}:00`),
    weekday: () =>
      page
        .say(
          'Monday Tuesday Wednesday Thursday Friday Saturday Sunday',
          'lundi mardi mercredi jeudi vendredi samedi dimanche',
        )
        .split(' ')[value],
    month: () => monthNames(page.locale)[value],
    season: () => page.say('spring summer autumn winter', 'printemps été automne hiver').split(' ')[value],
  }
  return names[dimension as TimeDimension]() ?? String(value)
}

function figure(page: Page, dimension: Dimension, found: PreferenceTable): string {
  const title = titleOf(page, dimension)
  const { segments } = page.report
  const seen = found.values.flatMap((value, v) =>
    (found.shares[v] ?? 0) > 0 ? [{ v, name: valueName(page, dimension, value) }] : [],
  )
  if (seen.length < 2) {
    const none =
      seen[0] === undefined
        ? page.say('the events do not say it.', 'les événements ne le disent pas.')
        : page.say(`one value only, ${seen[0].name}.`, `une seule valeur, ${seen[0].name}.`)
    return `<h3>${title}</h3><p class="none">${page.say('Nothing to compare: ', 'Rien à comparer\u00A0: ')}${none}</p>`
  }
  const all = page.say('Everybody', 'Ensemble')
  return page.figure({
    id: `preference-${dimension}`,
    title,
    picture: table({
      caption: title,
      head: [title, all, ...segments.map((key) => page.name(key))],
      rows: seen.map(({ v, name }) => [
        name,
        page.share(found.shares[v] ?? 0),
        ...found.rows.map((row) => cell(page, row[v] ?? null)),
      ]),
      size: 'small',
    }),
    reading: reading(page, dimension, found, seen),
    csv: {
      head: ['value', 'segment', 'index', 'low', 'high', 'share', 'everybody'],
      rows: seen.flatMap(({ v, name }) =>
        found.rows.map((row, s) => {
          const p = row[v] ?? null
          return [
            name,
            segments[s] ?? '',
            ...(p ? [p.index, p.low, p.high, p.share] : [null, null, null, null]),
            found.shares[v] ?? 0,
          ]
        }),
      ),
    },
  })
}

/** Is the index surely not that of everybody? */
export const telling = (p: Preference): boolean => p.low > 100 || p.high < 100

/** An index of twice or half everybody's share has the full colour. */
const FULL_COLOUR = Math.log(2)

function cell(page: Page, p: Preference | null): Cell {
  if (p === null) return { text: '–', muted: true }
  const [index, low, high] = [p.index, p.low, p.high].map((x) => page.fixed(x, 0)) as [string, string, string]
  const text = `${index} [${low}–${high}]`
  if (!telling(p)) return { text, muted: true }
  return { text, heat: p.index === 0 ? -1 : Math.max(-1, Math.min(1, Math.log(p.index / 100) / FULL_COLOUR)) }
}

const AT: Readonly<Record<Dimension, string>> = {
  category: 'for',
  hour: 'at',
  weekday: 'on',
  month: 'in',
  season: 'in',
}

/** What less of everybody's activity falls on is a curiosity. */
const TOLD_SHARE = 0.02

/** The strongest index that is surely above everybody's, of values that matter. */
export function strongest(
  found: PreferenceTable,
): { readonly segment: number; readonly value: number; readonly preference: Preference } | undefined {
  return found.rows
    .flatMap((row, segment) =>
      row.flatMap((preference, value) =>
        preference !== null && preference.low > 100 && (found.shares[value] ?? 0) >= TOLD_SHARE
          ? [{ segment, value, preference }]
          : [],
      ),
    )
    .toSorted((a, b) => b.preference.low - a.preference.low || a.segment - b.segment || a.value - b.value)[0]
}

function reading(
  page: Page,
  dimension: Dimension,
  found: PreferenceTable,
  seen: readonly { readonly v: number; readonly name: string }[],
): string {
  const best = strongest(found)
  if (best === undefined)
    return page.say(
      'No segment surely stands out from everybody here.',
      'Aucun segment ne se distingue sûrement de l’ensemble ici.',
    )
  const segment = page.name(page.report.segments[best.segment] ?? '')
  const value = seen.find((s) => s.v === best.value)?.name ?? ''
  const index = page.fixed(best.preference.index, 0)
  return page.say(
    `Most telling: “${segment}” ${AT[dimension]} ${value}, with an index of ${index}.`,
    `Le plus parlant\u00A0: «\u00A0${segment}\u00A0» pour ${value}, avec un indice de ${index}.`,
  )
}
