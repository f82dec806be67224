import type { DataFacts } from '../../app/report/report.ts'
import { table } from './html.ts'
import type { Page, Section } from './page.ts'

/** What the model and this report were made from. */
export function dataSection(page: Page): Section {
  const { data } = page.report
  return {
    id: 'data',
    title: page.say('The data', 'Les données'),
    html: data === undefined ? training(page) + page.noEvents() : training(page) + read(page, data),
  }
}

/** What the bundle itself says. */
function training(page: Page): string {
  const { training: t, featureSet, policy } = page.report.bundle
  const { study } = page.report
  const at = Date.parse(t.asOf)
  const rows: [string, string][] = [
    [page.say('Source of the training', 'Source de l’apprentissage'), t.source],
    [page.say('As of', 'À la date du'), Number.isNaN(at) ? t.asOf : page.day(at)],
    [page.say('Customers trained on', 'Clients de l’apprentissage'), page.count(t.users)],
    [
      page.say('Minimum of events', 'Minimum d’événements'),
      page.say(`${policy.minEvents} per customer`, `${policy.minEvents} par client`),
    ],
    [page.say('Currency', 'Devise'), page.currency ?? page.say('not known', 'inconnue')],
    [page.say('Time zone', 'Fuseau horaire'), featureSet.zone],
  ]
  if (study) rows.splice(2, 0, [page.say('Customers seen', 'Clients vus'), page.count(study.data.users)])
  const caption = page.say('What the model was trained on', 'Ce sur quoi le modèle a été entraîné')
  return table({ caption, head: [page.say('Fact', 'Fait'), page.say('Value', 'Valeur')], rows, words: [1] })
}

function read(page: Page, data: DataFacts): string {
  const range = page.say(
    `For this report ${page.count(data.records)} records of ${data.source} were read: ${page.count(data.events)} events of ` +
      `${page.count(data.users)} customers, from ${page.day(data.firstAt)} to ${page.day(data.lastAt)}; ` +
      `${page.count(data.assigned)} customers have made events enough for a segment.`,
    `Pour ce rapport, ${page.count(data.records)} enregistrements de ${data.source} ont été lus\u00A0: ` +
      `${page.count(data.events)} événements de ${page.count(data.users)} clients, du ${page.day(data.firstAt)} au ` +
      `${page.day(data.lastAt)}\u00A0; ${page.count(data.assigned)} clients ont assez d’événements pour un segment.`,
  )
  const later =
    data.later === 0
      ? ''
      : ` ${page.say(
          `${page.count(data.later)} events after ${page.day(data.asOf)} are left out: the model did not know them.`,
          `${page.count(data.later)} événements postérieurs au ${page.day(data.asOf)} sont laissés de côté\u00A0: le modèle ne les connaissait pas.`,
        )}`
  const kinds = page.figure({
    id: 'kinds',
    title: page.say('Events by kind', 'Événements par type'),
    picture: table({
      caption: page.say('Events by kind', 'Événements par type'),
      head: [page.say('Kind', 'Type'), page.say('Events', 'Événements'), page.say('Share', 'Part')],
      rows: data.kinds.map(([kind, n]) => [kind, page.count(n), page.share(n / data.events)]),
    }),
    reading: range + later + uncounted(page, data),
    csv: { head: ['kind', 'events'], rows: data.kinds },
  })
  return kinds + skips(page, data)
}

function uncounted(page: Page, { uncounted: found }: DataFacts): string {
  if (found.length === 0) return ''
  const reasons = found.map(([reason, n]) => `${reason} ${page.count(n)}`).join(', ')
  return ` ${page.say(
    `Some events count less than they say, or not again: ${reasons}.`,
    `Certains événements comptent moins qu’ils ne disent, ou pas une seconde fois\u00A0: ${reasons}.`,
  )}`
}

function skips(page: Page, { skipped, records }: DataFacts): string {
  const title = page.say('Records left out, by reason', 'Enregistrements écartés, par motif')
  const total = skipped.reduce((sum, [, n]) => sum + n, 0)
  return page.figure({
    id: 'skipped',
    title,
    picture:
      total === 0
        ? ''
        : table({
            caption: title,
            head: [
              page.say('Reason', 'Motif'),
              page.say('Records', 'Enregistrements'),
              page.say('Share', 'Part'),
            ],
            rows: skipped.map(([reason, n]) => [reason, page.count(n), page.share(n / records)]),
          }),
    reading:
      total === 0
        ? page.say(
            'Every record of these files was read: none was left out.',
            'Tous les enregistrements de ces fichiers ont été lus\u00A0: aucun n’a été écarté.',
          )
        : page.say(
            `${page.count(total)} records, ${page.share(total / records)} of all, say nothing here; each is counted under its reason.`,
            `${page.count(total)} enregistrements, soit ${page.share(total / records)}, ne disent rien ici\u00A0; chacun est compté sous son motif.`,
          ),
    csv: { head: ['reason', 'records'], rows: skipped },
  })
}
