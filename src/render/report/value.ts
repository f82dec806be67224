import type { SegmentValue } from '../../app/report/value.ts'
import { table } from './html.ts'
import type { Page, Section } from './page.ts'

/** Orders, baskets and spend per segment. */
export function valueSection(page: Page): Section {
  const { value } = page.report
  return {
    id: 'value',
    title: page.say('Value', 'Valeur'),
    html: value === undefined ? page.noEvents() : valueFigure(page, value),
  }
}

function valueFigure(page: Page, value: readonly SegmentValue[]): string {
  const { segments } = page.report
  const revenue = value.reduce((sum, v) => sum + v.revenueMinor, 0)
  const title = page.say(
    'What each segment brought within a year',
    'Ce que chaque segment a apporté en un an',
  )
  return page.figure({
    id: 'value-table',
    title,
    picture: table({
      caption: title,
      head: [page.say('Measure', 'Mesure'), ...segments.map((key) => page.name(key))],
      rows: measures(page, revenue).map(([name, of]) => [name, ...value.map(of)]),
    }),
    reading: reading(page, value, revenue),
    csv: {
      head: 'segment,users,buyers,orders,revenue_minor,refunded_minor,basket_mean_minor,basket_p50_minor,spend_p50_minor,spend_p90_minor,repeat_rate'.split(
        ',',
      ),
      rows: value.map((v, i) => [
        segments[i] ?? '',
        v.users,
        v.buyers,
        v.orders,
        v.revenueMinor,
        v.refundedMinor,
        ...[v.basketMeanMinor, v.basketP50Minor, v.spendP50Minor, v.spendP90Minor, v.repeatRate].map((x) =>
          Number.isFinite(x) ? x : null,
        ),
      ]),
    },
  })
}

/** What is told of each segment: its name and its text. */
function measures(page: Page, revenue: number): [name: string, of: (v: SegmentValue) => string][] {
  return [
    [page.say('Customers', 'Clients'), (v) => page.count(v.users)],
    [page.say('Buyers', 'Acheteurs'), (v) => page.count(v.buyers)],
    [page.say('Buyers, share', 'Acheteurs, part'), (v) => page.share(v.buyers / v.users)],
    [page.say('Orders', 'Commandes'), (v) => page.count(v.orders)],
    [page.say('Orders per buyer', 'Commandes par acheteur'), (v) => page.fixed(v.orders / v.buyers, 1)],
    [page.say('Basket, mean', 'Panier moyen'), (v) => page.money(v.basketMeanMinor)],
    [page.say('Basket, median', 'Panier médian'), (v) => page.money(v.basketP50Minor)],
    [
      page.say('Spend of a buyer, median', 'Dépense d’un acheteur, médiane'),
      (v) => page.money(v.spendP50Minor),
    ],
    [
      page.say('Spend of a buyer, 90th percentile', 'Dépense d’un acheteur, 9e décile'),
      (v) => page.money(v.spendP90Minor),
    ],
    [page.say('Buy again', 'Réachat'), (v) => page.share(v.repeatRate)],
    [page.say('Revenue', 'Chiffre d’affaires'), (v) => page.money(v.revenueMinor)],
    [page.say('Revenue, share', 'Chiffre d’affaires, part'), (v) => page.share(v.revenueMinor / revenue)],
    [page.say('Refunded', 'Remboursé'), (v) => page.share(v.refundedMinor / v.revenueMinor)],
  ]
}

function reading(page: Page, value: readonly SegmentValue[], revenue: number): string {
  if (revenue === 0)
    return page.say(
      'Nobody bought anything in the year before the date of the model.',
      'Personne n’a rien acheté dans l’année précédant la date du modèle.',
    )
  const users = value.reduce((sum, v) => sum + v.users, 0)
  const best = value.toSorted((a, b) => b.revenueMinor - a.revenueMinor)[0] as SegmentValue
  const key = page.report.segments[value.indexOf(best)] ?? ''
  const [part, of] = [page.share(best.revenueMinor / revenue), page.share(best.users / users)]
  return page.say(
    `“${page.name(key)}” brings ${part} of the revenue with ${of} of the customers; spend is that of buyers, orders are told ` +
      'before refunds, and “buy again” is the share of buyers with two orders or more.',
    `«\u00A0${page.name(key)}\u00A0» apporte ${part} du chiffre d’affaires avec ${of} des clients\u00A0; la dépense est celle des ` +
      'acheteurs, les commandes sont comptées avant remboursement, et le «\u00A0réachat\u00A0» est la part des acheteurs ayant au moins deux commandes.',
  )
}
