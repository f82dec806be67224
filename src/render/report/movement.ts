import type { Flow, Movement } from '../../app/report/movement.ts'
import { HOURS_PER_DAY } from '../../domain/features/calendar.ts'
import { chart } from './chart.ts'
import { table } from './html.ts'
import type { Page, Section } from './page.ts'

/** Who moved where in a run, and how long customers stay. */
export function movementSection(page: Page): Section | undefined {
  const { movement } = page.report
  if (movement === undefined) return undefined
  const title = page.say('Movement', 'Mouvements')
  const html = [
    causesFigure(page, movement),
    ...(movement.flows.length === 0 ? [] : [sankey(page, movement), matrix(page, movement)]),
    staysFigure(page, movement),
  ]
  return { id: 'movement', title, html: html.join('\n') }
}

const total = (flows: readonly Flow[]): number => flows.reduce((sum, f) => sum + f.users, 0)

function causeName(page: Page, cause: string): string {
  const names: Readonly<Record<string, string>> = {
    first: page.say('first segment', 'premier segment'),
    behaviour: page.say('something was done', 'comportement'),
    inactivity: page.say('nothing was done', 'inactivité'),
    model: page.say('another model', 'nouveau modèle'),
    centroids: page.say('centroids moved', 'centroïdes déplacés'),
    erasure: page.say('erased', 'effacement'),
    expired: page.say('forgotten', 'expiration'),
  }
  return names[cause] ?? cause
}

function causesFigure(page: Page, { causes, firstAt, lastAt }: Movement): string {
  const all = causes.reduce((sum, [, n]) => sum + n, 0)
  const title = page.say('Moves by cause', 'Mouvements par cause')
  const period =
    firstAt === null || lastAt === null
      ? ''
      : page.say(
          ` from ${page.day(Date.parse(firstAt))} to ${page.day(Date.parse(lastAt))}`,
          ` du ${page.day(Date.parse(firstAt))} au ${page.day(Date.parse(lastAt))}`,
        )
  return page.figure({
    id: 'causes',
    title,
    picture: table({
      caption: title,
      head: [page.say('Cause', 'Cause'), page.say('Moves', 'Mouvements'), page.say('Share', 'Part')],
      rows: causes.map(([cause, n]) => [causeName(page, cause), page.count(n), page.share(n / all)]),
    }),
    reading: page.say(
      `${page.count(all)} moves were published${period}; a quiet customer moves too, when time alone changes what he is.`,
      `${page.count(all)} mouvements ont été publiés${period}\u00A0; un client silencieux bouge aussi, quand le temps seul change ce qu’il est.`,
    ),
    csv: { head: ['cause', 'moves'], rows: causes },
  })
}

function largest(flows: readonly Flow[]): Flow {
  return flows.toSorted((a, b) => b.users - a.users)[0] as Flow
}

function sankey(page: Page, { flows, segments }: Movement): string {
  const gone = page.say('gone', 'partis')
  const nameOf = (to: string | null): string => (to === null ? gone : page.name(to))
  const keys = (side: 'from' | 'to'): (string | null)[] =>
    [...segments, null].filter((key) => flows.some((f) => f[side] === key))
  const node = (side: 'from' | 'to', key: string | null): object => ({
    name: `${side} ${key}`,
    itemStyle: { color: key === null ? '#767676' : page.colour(key) },
    label: {
      position: side === 'from' ? 'right' : 'left',
      formatter: nameOf(key),
      fontSize: 12,
      color: '#333',
    },
  })
  const top = largest(flows)
  const [from, to] = [nameOf(top.from), nameOf(top.to)]
  const title = page.say('Where customers went', 'Où les clients sont allés')
  const reading = page.say(
    `The broadest stream goes from “${from}” to “${to}”: ${page.count(top.users)} of ${page.count(total(flows))} moves between segments.`,
    `Le flux le plus large va de «\u00A0${from}\u00A0» à «\u00A0${to}\u00A0»\u00A0: ${page.count(top.users)} des ${page.count(total(flows))} mouvements entre segments.`,
  )
  const picture = chart({
    id: 'sankey-chart',
    description: `${title}. ${reading}`,
    height: 380,
    option: {
      series: [
        {
          type: 'sankey',
          left: 10,
          right: 10,
          top: 10,
          bottom: 10,
          nodeGap: 14,
          draggable: false,
          layoutIterations: 0,
          data: [...keys('from').map((k) => node('from', k)), ...keys('to').map((k) => node('to', k))],
          links: flows.map((f) => ({ source: `from ${f.from}`, target: `to ${f.to}`, value: f.users })),
          lineStyle: { color: 'source', opacity: 0.35, curveness: 0.5 },
        },
      ],
    },
  })
  return page.figure({ id: 'sankey', title, picture, reading, csv: flowsCsv(flows) })
}

function flowsCsv(flows: readonly Flow[]): {
  head: string[]
  rows: (string | number | null)[][]
} {
  return {
    head: ['from', 'to', 'users', 'spend_year_minor'],
    rows: flows.map((f) => [f.from, f.to, f.users, f.spendMinor]),
  }
}

function matrix(page: Page, { flows, segments }: Movement): string {
  const from = segments.filter((key) => flows.some((f) => f.from === key))
  const to = [...segments, null].filter((key) => flows.some((f) => f.to === key))
  const most = largest(flows).users
  const inMoney = flows.some((f) => f.spendMinor !== null)
  const title = page.say('From (rows) to (columns)', 'De (lignes) vers (colonnes)')
  const rows = from.map((key) => [
    { text: page.name(key), colour: page.colour(key) },
    ...to.map((other) => {
      const f = flows.find((x) => x.from === key && x.to === other)
      if (f === undefined) return key === other ? '' : '0'
      const spend = f.spendMinor === null ? '' : ` · ${page.money(f.spendMinor)}`
      return { text: `${page.count(f.users)}${spend}`, heat: f.users / most }
    }),
  ])
  const money = page.say(
    'Each cell tells the customers who moved and what they spend in a year.',
    'Chaque case donne les clients qui ont bougé et ce qu’ils dépensent en un an.',
  )
  const users = page.say(
    'Each cell tells the customers who moved.',
    'Chaque case donne les clients qui ont bougé.',
  )
  return page.figure({
    id: 'flows',
    title,
    picture: table({
      caption: title,
      head: [
        page.say('From', 'De'),
        ...to.map((key) => (key === null ? page.say('gone', 'partis') : page.name(key))),
      ],
      rows,
      size: 'small',
    }),
    reading: inMoney ? money : users,
    csv: flowsCsv(flows),
  })
}

/** A length of time in days, or in hours below one. */
function daysText(page: Page, days: number): string {
  if (days * HOURS_PER_DAY < 1) return page.say('an hour', 'une heure')
  if (days >= 1) return page.say(`${page.fixed(days, 1)} days`, `${page.fixed(days, 1)}\u00A0jours`)
  const hours = page.fixed(days * HOURS_PER_DAY, 1)
  return page.say(`${hours} hours`, `${hours}\u00A0heures`)
}

function staysFigure(page: Page, { stays, firstDays }: Movement): string {
  const title = page.say('How long customers stay', 'Combien de temps les clients restent')
  const wait =
    firstDays === null
      ? ''
      : page.say(
          ` Half of the customers have their first segment within ${daysText(page, firstDays[1])} of their first event, three quarters within ${daysText(page, firstDays[2])}.`,
          ` La moitié des clients reçoivent leur premier segment dans les ${daysText(page, firstDays[1])} après leur premier événement, les trois quarts dans les ${daysText(page, firstDays[2])}.`,
        )
  return page.figure({
    id: 'stays',
    title,
    picture: table({
      caption: title,
      head: ['Segment', page.say('Stays seen', 'Séjours vus'), page.say('Half-life', 'Demi-vie')],
      rows: stays.map((s) => [
        { text: page.name(s.segment), colour: page.colour(s.segment) },
        page.count(s.stays),
        s.medianDays === null
          ? s.stays === 0
            ? '–'
            : page.say('more than half stay', 'plus de la moitié restent')
          : daysText(page, s.medianDays),
      ]),
    }),
    reading:
      page.say(
        'The half-life of a segment is the time after which half of those who entered have left it (Kaplan–Meier: who is still there counts as long as he was seen).',
        'La demi-vie d’un segment est le temps après lequel la moitié des entrants l’ont quitté (Kaplan–Meier\u00A0: qui y est encore compte aussi longtemps qu’on l’a vu).',
      ) + wait,
    csv: {
      head: ['segment', 'stays', 'median_days'],
      rows: stays.map((s) => [s.segment, s.stays, s.medianDays]),
    },
  })
}
