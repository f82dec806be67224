import type { Study } from '../../app/study/study.ts'
import { chart, LINE_COLOUR, quietAxis } from './chart.ts'
import { esc, table } from './html.ts'
import type { Page, Section } from './page.ts'

/** Who counts: the minimum of events, outliers and bots. */
export function preparationSection(page: Page): Section {
  const { study } = page.report
  const title = page.say('Preparation', 'Préparation')
  if (study === undefined) return { id: 'preparation', title, html: page.notStudied() }
  return {
    id: 'preparation',
    title,
    html: minEvents(page, study) + outliers(page, study) + bots(page, study),
  }
}

function minEvents(page: Page, { minEvents: m }: Study): string {
  const title = page.say('How many events it takes', 'Combien d’événements il faut')
  if (m === null)
    return `<h3>${title}</h3><p class="none">${page.say('A table of features does not say what came first.', 'Une table de variables ne dit pas ce qui est venu d’abord.')}</p>`
  const share = m.curve.find((c) => c.events === m.chosen)?.kept
  const kept = share === undefined ? page.say('some', 'une partie') : page.share(share, 0)
  const { events: enough, kept: wanted } = m.enough
  const chosen =
    m.chosen === 1
      ? page.say('their first event', 'leur premier événement')
      : page.say(`${m.chosen} events`, `${m.chosen} événements`)
  const reading = page.say(
    `Of ${page.count(m.users)} customers with at least ${m.later} events, ${kept} were after ${chosen} already where they ` +
      `were after ${m.later}, ${page.share(wanted, 0)} from ${enough} events on; below the minimum of ${m.chosen} nobody is assigned.`,
    `Sur ${page.count(m.users)} clients ayant au moins ${m.later} événements, ${kept} étaient dès ${chosen} là où ils ` +
      `étaient après ${m.later}, et ${page.share(wanted, 0)} à partir de ${enough}\u00A0; sous le minimum de ${m.chosen}, personne n’est affecté.`,
  )
  const picture = chart({
    id: 'min-events-chart',
    description: reading,
    height: 280,
    option: {
      grid: { left: 60, right: 24, top: 20, bottom: 48 },
      xAxis: {
        type: 'value',
        name: page.say('events', 'événements'),
        nameLocation: 'middle',
        nameGap: 28,
        ...quietAxis,
        splitLine: { show: false },
      },
      yAxis: {
        type: 'value',
        min: 0,
        max: 1,
        ...quietAxis,
        axisLabel: { ...quietAxis.axisLabel, formatter: (v: number) => page.share(v, 0) },
      },
      series: [
        {
          type: 'line',
          data: m.curve.map((c) => [c.events, c.kept]),
          symbolSize: 7,
          itemStyle: { color: LINE_COLOUR },
          markLine: {
            symbol: 'none',
            silent: true,
            data: [{ xAxis: m.chosen }],
            lineStyle: { color: '#D55E00', type: 'dashed', width: 2 },
            label: {
              formatter: page.say(`minimum ${m.chosen}`, `minimum ${m.chosen}`),
              color: '#333',
              position: 'insideEndTop',
              rotate: 0,
              align: 'left',
            },
          },
        },
      ],
    },
  })
  return page.figure({
    id: 'min-events',
    title,
    picture,
    reading,
    csv: { head: ['events', 'kept'], rows: m.curve.map((c) => [c.events, c.kept]) },
  })
}

function outliers(page: Page, study: Study): string {
  const { outliers: o } = study
  const title = page.say('Outliers', 'Clients atypiques')
  const who = page.figure({
    id: 'outliers',
    title,
    picture: table({
      caption: title,
      head: [
        page.say('Feature', 'Variable'),
        page.say('Outliers, mean', 'Atypiques, moyenne'),
        page.say('Everybody, mean', 'Ensemble, moyenne'),
        page.say('Deviations', 'Écarts types'),
      ],
      rows: o.marks.map((m) => [
        page.features[m.feature] ?? '',
        page.plain(m.mean),
        page.plain(m.everybody),
        page.fixed(m.deviations, 1),
      ]),
    }),
    reading: o.sentence[page.locale],
    csv: {
      head: ['feature', 'outliers_mean', 'everybody_mean', 'deviations'],
      rows: o.marks.map((m) => [study.features[m.feature]?.name ?? '', m.mean, m.everybody, m.deviations]),
    },
  })
  return who + bySegment(page, study) + sensitivity(page, study)
}

function bySegment(page: Page, { outliers: o, segments }: Study): string {
  const parts = segments.map((s, k) => `${page.name(s.key)} ${page.share(o.bySegment[k] ?? 0)}`)
  return `<p>${esc(page.say(`Share flagged in each segment: ${parts.join(', ')}.`, `Part signalée dans chaque segment\u00A0: ${parts.join(', ')}.`))}</p>`
}

function sensitivity(page: Page, { outliers: o }: Study): string {
  const title = page.say('With and without them', 'Avec et sans eux')
  const cutName = (cut: string): string => {
    if (cut === 'none') return page.say('nobody', 'personne')
    if (cut === 'robust') return page.say('beyond the adjusted fences', 'hors des bornes ajustées')
    const side = page.share(Number(cut))
    return page.say(`${side} on each side`, `${side} de chaque côté`)
  }
  const least = Math.min(...o.sensitivity.map((s) => s.agreement))
  return page.figure({
    id: 'sensitivity',
    title,
    picture: table({
      caption: title,
      head: [
        page.say('Left out', 'Écartés'),
        page.say('Customers', 'Clients'),
        page.say('Revenue', 'Chiffre d’affaires'),
        page.say('Agreement', 'Accord'),
        page.say('Least agreement', 'Accord minimal'),
        page.say('Spread', 'Dispersion'),
        page.say('Smallest segment', 'Plus petit segment'),
      ],
      rows: o.sensitivity.map((s) => [
        cutName(s.cut),
        page.count(s.cutUsers),
        page.share(s.revenueShare ?? Number.NaN),
        page.fixed(s.agreement, 3),
        page.fixed(s.leastAgreement, 3),
        page.fixed(s.heldBackInertia, 3),
        page.share(s.smallestShare),
      ]),
    }),
    reading: page.say(
      `The model was fitted again by folds of customers, each time judged on those held back; whoever is left out, the segments agree with an adjusted Rand index of at least ${page.fixed(least, 2)} on average.`,
      `Le modèle a été réajusté par blocs de clients et jugé chaque fois sur ceux mis de côté\u00A0; quels que soient les écartés, les segments concordent avec un indice de Rand ajusté d’au moins ${page.fixed(least, 2)} en moyenne.`,
    ),
    csv: {
      head: 'cut,users,revenue_share,agreement,least_agreement,held_back_inertia,smallest_share'.split(','),
      rows: o.sensitivity.map((s) => [
        s.cut,
        s.cutUsers,
        s.revenueShare,
        s.agreement,
        s.leastAgreement,
        s.heldBackInertia,
        s.smallestShare,
      ]),
    },
  })
}

function bots(page: Page, { bots: b }: Study): string {
  const heading = `<h3>${page.say('Bots', 'Robots')}</h3>`
  if (b === null)
    return `${heading}<p class="none">${page.say('A table of features does not show them.', 'Une table de variables ne les montre pas.')}</p>`
  const found =
    b.users === 0
      ? page.say('Nobody looks like a bot.', 'Personne ne ressemble à un robot.')
      : page.say(
          `${page.count(b.users)} customers look like bots, with ${page.count(b.events)} events (${page.share(b.eventShare)} of all).`,
          `${page.count(b.users)} clients ressemblent à des robots, avec ${page.count(b.events)} événements (${page.share(b.eventShare)} du total).`,
        )
  const rule = page.say(`Rule: ${b.rule.en}.`, `Règle\u00A0: ${b.rule.fr}.`)
  return `${heading}<p>${esc(`${found} ${rule}`)}</p>`
}
