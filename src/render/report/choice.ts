import type { Study } from '../../app/study/study.ts'
import { leastStability, STABLE_JACCARD, type Candidate } from '../../domain/model/choose-k.ts'
import { chart, GREY, LEGEND, legendRoom, LINE_COLOUR, quietAxis } from './chart.ts'
import { esc, table } from './html.ts'
import type { Page, Section } from './page.ts'

/** Why so many segments. */
export function choiceSection(page: Page): Section {
  const { study, bundle } = page.report
  const title = page.say('How many segments', 'Combien de segments')
  if (study === undefined) {
    const { candidates } = bundle.training
    const html = candidates === undefined ? '' : candidateTable(page, candidates, bundle.centroids.length)
    return { id: 'choice', title, html: html + page.notStudied() }
  }
  const { choiceOfK: c } = study
  const html = [
    rule(page, study),
    ...(c.candidates.length === 0 ? [] : [candidateTable(page, c.candidates, c.chosen), curves(page, study)]),
    silhouettes(page, study),
    stability(page, study),
    ...(c.seeds.length === 0 ? [] : [seeds(page, study)]),
  ]
  return { id: 'choice', title, html: html.join('\n') }
}

function rule(page: Page, { choiceOfK: c }: Study): string {
  const how =
    c.how === 'rule'
      ? page.say(
          `${c.chosen} segments, by the rule: ${c.rule.en}.`,
          `${c.chosen} segments, selon la règle\u00A0: ${c.rule.fr}.`,
        )
      : page.say(
          `${c.chosen} segments, as asked for; the rule would have taken ${c.byRule}: ${c.rule.en}.`,
          `${c.chosen} segments, comme demandé\u00A0; la règle en aurait pris ${c.byRule}\u00A0: ${c.rule.fr}.`,
        )
  const bend =
    c.elbow === null
      ? ''
      : page.say(
          ` The curve of the spread bends at ${c.elbow}.`,
          ` La courbe de dispersion s’infléchit à ${c.elbow}.`,
        )
  return `<p>${esc(how + bend)}</p>`
}

function candidateTable(page: Page, candidates: readonly Candidate[], chosen: number): string {
  const title = page.say('What speaks for each number', 'Ce qui plaide pour chaque nombre')
  const row = (c: Candidate): (string | { text: string; heat: number })[] => {
    const cells = [
      page.fixed(c.silhouette, 3),
      page.fixed(c.daviesBouldin, 2),
      page.count(c.calinskiHarabasz),
      page.count(c.inertia),
      page.fixed(leastStability(c), 2),
      page.share(c.smallestShare),
    ]
    return [String(c.k), ...(c.k === chosen ? cells.map((text) => ({ text, heat: 0.6 })) : cells)]
  }
  const own = candidates.find((c) => c.k === chosen)
  return page.figure({
    id: 'candidates',
    title,
    picture: table({
      caption: title,
      head: [
        'k',
        'Silhouette',
        'Davies–Bouldin',
        'Caliński–Harabasz',
        page.say('Spread', 'Dispersion'),
        page.say('Least Jaccard', 'Jaccard minimal'),
        page.say('Smallest', 'Plus petit'),
      ],
      rows: candidates.map(row),
    }),
    reading: page.say(
      `With ${chosen} segments (shaded) the silhouette is ${page.fixed(own?.silhouette ?? Number.NaN, 3)}; silhouette, Caliński–Harabasz and Jaccard should be large, Davies–Bouldin and spread small.`,
      `Avec ${chosen} segments (sur fond coloré), la silhouette est de ${page.fixed(own?.silhouette ?? Number.NaN, 3)}\u00A0; silhouette, Caliński–Harabasz et Jaccard doivent être grands, Davies–Bouldin et dispersion petits.`,
    ),
    csv: {
      head: 'k,silhouette,davies_bouldin,calinski_harabasz,inertia,least_jaccard,smallest_share'.split(','),
      rows: candidates.map((c) => [
        c.k,
        c.silhouette,
        c.daviesBouldin,
        c.calinskiHarabasz,
        c.inertia,
        leastStability(c),
        c.smallestShare,
      ]),
    },
  })
}

function curves(page: Page, { choiceOfK: { candidates, chosen, elbow } }: Study): string {
  const title = page.say('Elbow and silhouette', 'Coude et silhouette')
  const best = candidates.toSorted((a, b) => b.silhouette - a.silhouette || a.k - b.k)[0]?.k ?? chosen
  const at = elbow === null ? page.say('nowhere', 'nulle part') : String(elbow)
  const reading = page.say(
    `Left, the spread within segments, which always falls and bends at ${at}; right, the silhouette, highest at ${best}.`,
    `À gauche, la dispersion dans les segments, qui baisse toujours et s’infléchit à ${at}\u00A0; à droite, la silhouette, maximale à ${best}.`,
  )
  const panels = [
    { name: page.say('spread', 'dispersion'), values: candidates.map((c) => c.inertia) },
    { name: 'silhouette', values: candidates.map((c) => c.silhouette) },
  ]
  const picture = chart({
    id: 'elbow-chart',
    description: reading,
    height: 260,
    option: {
      grid: [
        { left: 70, width: 275, top: 34, bottom: 44 },
        { left: 425, width: 275, top: 34, bottom: 44 },
      ],
      xAxis: panels.map((_, g) => ({
        ...quietAxis,
        type: 'category' as const,
        gridIndex: g,
        data: candidates.map((c) => String(c.k)),
        name: 'k',
        nameLocation: 'middle' as const,
        nameGap: 26,
      })),
      yAxis: panels.map(({ name }, g) => ({
        ...quietAxis,
        type: 'value' as const,
        gridIndex: g,
        name,
        ...(g === 0 ? {} : { scale: true }),
        axisLabel: { ...quietAxis.axisLabel, formatter: (v: number) => page.plain(v) },
      })),
      series: panels.map(({ values }, g) => ({
        type: 'line' as const,
        xAxisIndex: g,
        yAxisIndex: g,
        itemStyle: { color: LINE_COLOUR },
        data: values.map((value, i) =>
          candidates[i]?.k === chosen
            ? { value, symbol: 'circle', symbolSize: 13, itemStyle: { color: '#D55E00' } }
            : { value, symbol: 'circle', symbolSize: 6 },
        ),
      })),
    },
  })
  return page.figure({
    id: 'elbow',
    title,
    picture,
    reading,
    csv: {
      head: ['k', 'inertia', 'silhouette'],
      rows: candidates.map((c) => [c.k, c.inertia, c.silhouette]),
    },
  })
}

/** Points of the plot: each segment's curve, as wide as it has users. */
function silhouettes(page: Page, { segments }: Study): string {
  const title = page.say('Silhouette of each segment', 'Silhouette de chaque segment')
  const worst = segments.toSorted((a, b) => a.silhouette.mean - b.silhouette.mean)[0]
  const reading =
    worst === undefined
      ? ''
      : page.say(
          `Each shape is one segment, as wide as it has customers; “${page.name(worst.key)}” lies least apart (mean ${page.fixed(worst.silhouette.mean, 2)}, ${page.share(worst.silhouette.belowZero, 0)} nearer to another).`,
          `Chaque forme est un segment, large comme son effectif\u00A0; «\u00A0${page.name(worst.key)}\u00A0» est le moins séparé (moyenne ${page.fixed(worst.silhouette.mean, 2)}, ${page.share(worst.silhouette.belowZero, 0)} plus proches d’un autre).`,
        )
  const room = legendRoom(page.names)
  let from = 0
  const series = segments.map((s) => {
    const { curve } = s.silhouette
    const start = from
    from += s.share
    return {
      type: 'line' as const,
      name: page.name(s.key),
      showSymbol: false,
      itemStyle: { color: page.colour(s.key) },
      lineStyle: { width: 1 },
      areaStyle: { opacity: 0.75, origin: 0 },
      data: curve.map((y, i) => [start + (s.share * i) / Math.max(1, curve.length - 1), y]),
    }
  })
  const picture = chart({
    id: 'silhouette-chart',
    description: reading,
    height: 280 + room,
    option: {
      grid: { left: 60, right: 20, top: 16, bottom: 52 + room },
      legend: LEGEND,
      xAxis: {
        ...quietAxis,
        type: 'value',
        min: 0,
        max: 1,
        name: page.say('customers', 'clients'),
        nameLocation: 'middle',
        nameGap: 26,
        axisLabel: { ...quietAxis.axisLabel, formatter: (v: number) => page.share(v, 0) },
        splitLine: { show: false },
      },
      yAxis: {
        ...quietAxis,
        type: 'value',
        axisLabel: { ...quietAxis.axisLabel, formatter: (v: number) => page.plain(v) },
      },
      series,
    },
  })
  return page.figure({
    id: 'silhouettes',
    title,
    picture,
    reading,
    csv: {
      head: ['segment', 'rank', 'silhouette'],
      rows: segments.flatMap((s) => s.silhouette.curve.map((y, i) => [s.key, i, y])),
    },
  })
}

function stability(page: Page, { segments }: Study): string {
  const title = page.say('Would they be found again?', 'Les retrouverait-on\u00A0?')
  const shaky = segments.filter((s) => s.stability < STABLE_JACCARD).map((s) => page.name(s.key))
  const bound = page.fixed(STABLE_JACCARD, 2)
  const reading =
    shaky.length === 0
      ? page.say(
          `Every segment is found again in resampled customers with a Jaccard of ${bound} or more.`,
          `Chaque segment se retrouve dans des clients tirés au sort avec un Jaccard d’au moins ${bound}.`,
        )
      : page.say(
          `Not stable (Jaccard below ${bound}): ${shaky.join(', ')}; take care before you build campaigns on them.`,
          `Pas stables (Jaccard sous ${bound})\u00A0: ${shaky.join(', ')}\u00A0; prudence avant d’y fonder des campagnes.`,
        )
  const picture = chart({
    id: 'stability-chart',
    description: reading,
    height: 60 + 34 * segments.length,
    option: {
      grid: { left: 180, right: 50, top: 10, bottom: 34 },
      xAxis: {
        ...quietAxis,
        type: 'value',
        min: 0,
        max: 1,
        axisLabel: { ...quietAxis.axisLabel, formatter: (v: number) => page.plain(v) },
      },
      yAxis: {
        ...quietAxis,
        type: 'category',
        inverse: true,
        data: segments.map((s) => page.name(s.key)),
        axisTick: { show: false },
        axisLabel: { ...quietAxis.axisLabel, width: 165, overflow: 'break' },
      },
      series: [
        {
          type: 'bar',
          barWidth: 18,
          data: segments.map((s) => ({ value: s.stability, itemStyle: { color: page.colour(s.key) } })),
          label: {
            show: true,
            position: 'right',
            color: '#333',
            formatter: ({ value }) => page.fixed(value as number, 2),
          },
          markLine: {
            symbol: 'none',
            silent: true,
            data: [{ xAxis: STABLE_JACCARD }],
            lineStyle: { color: GREY, type: 'dashed' },
            label: { show: false },
          },
        },
      ],
    },
  })
  return page.figure({
    id: 'stability',
    title,
    picture,
    reading,
    csv: { head: ['segment', 'jaccard'], rows: segments.map((s) => [s.key, s.stability]) },
  })
}

function seeds(page: Page, { choiceOfK: { seeds: found } }: Study): string {
  const title = page.say('From other seeds', 'Avec d’autres graines')
  const least = Math.min(...found.map((s) => s.agreement))
  return page.figure({
    id: 'seeds',
    title,
    picture: table({
      caption: title,
      head: [page.say('Seed', 'Graine'), page.say('Agreement', 'Accord')],
      rows: found.map((s) => [String(s.seed), page.fixed(s.agreement, 3)]),
    }),
    reading: page.say(
      `Grouped anew from other starting points, customers fall into the same segments with an adjusted Rand index of at least ${page.fixed(least, 2)}.`,
      `Regroupés à partir d’autres points de départ, les clients retombent dans les mêmes segments avec un indice de Rand ajusté d’au moins ${page.fixed(least, 2)}.`,
    ),
    csv: { head: ['seed', 'adjusted_rand'], rows: found.map((s) => [s.seed, s.agreement]) },
  })
}
