import type { Report } from '../../app/report/report.ts'
import { offsetAt } from '../../domain/base/zone.ts'
import { columnsOf } from '../../domain/segments/assigner.ts'
import { formatNumber, type Locale } from '../../domain/segments/format.ts'
import { OUTLIER_LABEL, segmentColour, segmentName } from '../../domain/segments/label.ts'
import { reasonLabel } from '../../domain/segments/phrase.ts'
import { csv, dataLink, esc } from './html.ts'
import { dayText, fixed, money, share } from './numbers.ts'

/** A part of the report under one heading; `html` is its body. */
export interface Section {
  readonly id: string
  readonly title: string
  readonly html: string
}

export interface FigureSpec {
  readonly id: string
  readonly title: string
  /** SVG or a table. */
  readonly picture: string
  /** One sentence: what to see in it. */
  readonly reading: string
  readonly csv: {
    readonly head: readonly string[]
    readonly rows: readonly (readonly (string | number | null)[])[]
  }
}

/** The report in one language: what its sections are written with. */
export class Page {
  readonly report: Report
  readonly locale: Locale
  /** Labels of the F features. */
  readonly features: readonly string[]

  constructor(report: Report, locale: Locale) {
    this.report = report
    this.locale = locale
    this.features = columnsOf(report.bundle.featureSet).map((f) => reasonLabel(f, locale))
  }

  say(en: string, fr: string): string {
    return this.locale === 'fr' ? fr : en
  }

  /** A number as people read it: three digits that count, at most three after the point. */
  plain(x: number): string {
    return formatNumber(Math.abs(x) < 0.1 ? Math.round(x * 1000) / 1000 : x, this.locale)
  }

  fixed(x: number, digits: number): string {
    return fixed(x, digits, this.locale)
  }

  count(n: number): string {
    return fixed(n, 0, this.locale)
  }

  share(x: number, digits = 1): string {
    return share(x, this.locale, digits)
  }

  get currency(): string | undefined {
    return this.report.data?.currency ?? this.report.bundle.training.currency ?? undefined
  }

  money(minor: number): string {
    return money(minor, this.currency, this.locale)
  }

  /** Day of an instant on the shop's clock; UTC where no events were given. */
  day(ms: number): string {
    const zone = this.report.data?.zone
    return dayText(ms + (zone === undefined ? 0 : offsetAt(zone, ms)), this.locale)
  }

  name(key: string): string {
    return segmentName(this.report.labels, key, this.locale)
  }

  /** Names of the bundle's K segments. */
  get names(): string[] {
    return this.report.bundle.segments.map((s) => this.name(s.key))
  }

  colour(key: string): string {
    const index = this.report.bundle.segments.findIndex((s) => s.key === key)
    return this.report.labels[key]?.colour ?? (index < 0 ? OUTLIER_LABEL.colour : segmentColour(index))
  }

  get colours(): string[] {
    return this.report.bundle.segments.map((s) => this.colour(s.key))
  }

  /** A picture with its title, its sentence and its data. */
  figure({ id, title, picture, reading, csv: data }: FigureSpec): string {
    const link = dataLink(csv(data.head, data.rows))
    const word = this.say('Data (CSV)', 'Données (CSV)')
    return (
      `<figure id="${id}"><h3>${esc(title)}</h3>\n${picture}\n<figcaption>${esc(reading)} ` +
      `<a class="csv" download="${id}.csv" href="${link}">${word}<span class="vh">: ${esc(title)}</span></a>` +
      `</figcaption></figure>`
    )
  }

  /** What stands where nobody studied the model. */
  notStudied(): string {
    return `<p class="none">${esc(
      this.say(
        'Not studied: there is no study.json beside the model.',
        'Non étudié\u00A0: il n’y a pas de study.json à côté du modèle.',
      ),
    )}</p>`
  }

  /** What stands where no events were given. */
  noEvents(): string {
    return `<p class="none">${esc(
      this.say(
        'Not told: the report was made without events (--events).',
        'Non renseigné\u00A0: le rapport a été fait sans événements (--events).',
      ),
    )}</p>`
  }
}
