import type { Feature } from '../../domain/features/feature-set.ts'
import type { Page } from './page.ts'

/** How a feature is computed, in words: `sum of amount over order_completed, window 90d`. */
export function definition(page: Page, f: Feature): string {
  if ('given' in f) return page.say('a column of the table', 'une colonne de la table')
  if ('ratio' in f) return `${f.ratio[0]} / ${f.ratio[1]}`
  if ('difference' in f) return `${f.difference[0]} − ${f.difference[1]}`
  if ('share' in f)
    return page.say(`share of ${f.share.of}`, `part de ${f.share.of}`) + where(page, f.share.where)
  const on = f.on.join(', ')
  return aggregated(page, f.aggregate, 'of' in f ? f.of : '', on) + where(page, f.where) + span(page, f)
}

function where(page: Page, conditions: Readonly<Record<string, unknown>> | undefined): string {
  if (conditions === undefined) return ''
  const tests = Object.entries(conditions).map(
    ([field, value]) => `${field} ${(Array.isArray(value) ? value : [value]).map(String).join('|')}`,
  )
  return page.say(` where ${tests.join(', ')}`, ` où ${tests.join(', ')}`)
}

function span(page: Page, f: Extract<Feature, { aggregate: string }>): string {
  if ('window' in f) return page.say(`, window ${f.window}`, `, fenêtre ${f.window}`)
  if ('halfLife' in f) return page.say(`, half-life ${f.halfLife}`, `, demi-vie ${f.halfLife}`)
  return page.say(`, at most ${f.cap} (${f.unit})`, `, au plus ${f.cap} (${f.unit})`)
}

/** `of`: the field, `on`: kinds of events. */
function aggregated(page: Page, aggregate: string, of: string, on: string): string {
  const texts: Readonly<Record<string, string>> = {
    count: page.say(`number of ${on}`, `nombre de ${on}`),
    sum: page.say(`sum of ${of} over ${on}`, `somme de ${of} sur ${on}`),
    min: page.say(`least ${of} of ${on}`, `plus petit ${of} de ${on}`),
    max: page.say(`greatest ${of} of ${on}`, `plus grand ${of} de ${on}`),
    mean: page.say(`mean ${of} of ${on}`, `moyenne de ${of} sur ${on}`),
    distinct: page.say(`different values of ${of} in ${on}`, `valeurs différentes de ${of} dans ${on}`),
    distinctDays: page.say(`days with ${on}`, `jours avec ${on}`),
    sessions: page.say(`sessions of ${on}`, `sessions de ${on}`),
    recency: page.say(`time since the last ${on}`, `temps depuis le dernier ${on}`),
    tenure: page.say(`time since the first ${on}`, `temps depuis le premier ${on}`),
    decayedCount: page.say(`number of ${on}, fading`, `nombre de ${on}, qui s’estompe`),
    decayedSum: page.say(`sum of ${of} over ${on}, fading`, `somme de ${of} sur ${on}, qui s’estompe`),
  }
  return texts[aggregate] ?? `${aggregate} ${of} ${on}`
}
