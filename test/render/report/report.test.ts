import { beforeAll, describe, expect, it } from 'vitest'
import type { Report } from '../../../src/app/report/report.ts'
import { reportHtml } from '../../../src/render/report/report.ts'
import { bare } from './fixture.ts'
import { madeReport } from './made.ts'

const LOCALES = ['en', 'fr'] as const
/** Sections that are always there, in the order of reading. */
const ALWAYS =
  'summary data features preparation components choice segments preferences value newcomer limits glossary'.split(
    ' ',
  )

let report: Report
/** Drawn once: charts take a while. */
const pages = { full: { en: '', fr: '' }, bare: { en: '', fr: '' } }
beforeAll(async () => {
  report = await madeReport()
  for (const locale of LOCALES) {
    pages.full[locale] = reportHtml(report, locale)
    pages.bare[locale] = reportHtml(bare(report), locale)
  }
})

const idsOf = (html: string): string[] => [...html.matchAll(/ id="([^"]+)"/g)].map((m) => m[1] as string)
const sectionsOf = (html: string): string[] =>
  [...html.matchAll(/<section id="([^"]+)"/g)].map((m) => m[1] as string)
const figuresOf = (html: string): string[] => html.match(/<figure[\s\S]*?<\/figure>/g) ?? []

describe.each(LOCALES)('the report in %s', (locale) => {
  it('has every section, movement where a run was given', () => {
    const html = pages.full[locale]
    expect(html).toContain(`<html lang="${locale}">`)
    const all = ALWAYS.toSpliced(ALWAYS.indexOf('newcomer'), 0, 'movement')
    expect(sectionsOf(html)).toEqual(all)
    expect(sectionsOf(pages.bare[locale])).toEqual(ALWAYS)
  })

  it('says what is missing where nobody studied it or gave data for it', () => {
    const html = pages.bare[locale]
    const [studied, told] = locale === 'fr' ? ['Non étudié', 'Non renseigné'] : ['Not studied', 'Not told']
    for (const [id, words] of [
      ['preparation', studied],
      ['features', studied],
      ['choice', studied],
      ['preferences', told],
      ['value', told],
    ] as const) {
      const section = html.slice(html.indexOf(`<section id="${id}"`))
      expect(section.slice(0, section.indexOf('</section>')), id).toContain(words)
    }
    expect(pages.full[locale]).not.toContain(studied)
  })

  it('needs nothing but itself', () => {
    const html = pages.full[locale]
    expect(html.match(/https?:|<script|<link|<img|<iframe|@import|url\((?!#)| src=/g) ?? []).toEqual([])
  })

  it('has a sentence and its data under each picture', () => {
    const figures = figuresOf(pages.full[locale])
    expect(figures.length).toBeGreaterThan(25)
    for (const figure of figures) {
      const caption = /<figcaption>([\s\S]*)<\/figcaption>/.exec(figure)?.[1] ?? ''
      expect(caption.replace(/<a[\s\S]*/, '').trim(), figure.slice(0, 60)).toMatch(
        /\p{L}.*\.$|\p{L}.*(English|français)$/u,
      )
      const href = /href="data:text\/csv;charset=utf-8,([^"]*)"/.exec(caption)?.[1] ?? ''
      const csv = decodeURIComponent(href.replaceAll('&amp;', '&').replaceAll('&quot;', '"'))
      const [head = '', ...rows] = csv.trimEnd().split('\n')
      expect(head).toMatch(/^[a-z]/)
      expect(rows.length, head).toBeGreaterThan(0)
      expect(csv).not.toMatch(/undefined|NaN/)
    }
  })

  it('every picture says in words what it shows, and ids are not used twice', () => {
    const html = pages.full[locale]
    const ids = idsOf(html)
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([])
    const pictures = html.match(/<svg[^>]*>/g) ?? []
    expect(pictures.length).toBeGreaterThan(10)
    for (const svg of pictures) expect(svg).toMatch(/role="img" aria-label="[^"]{10,}"/)
  })

  it('holds no customer’s id, nothing that could not be computed, and escapes what it was given', () => {
    const html = pages.full[locale]
    expect(html).not.toContain('customer-')
    expect(html).not.toMatch(/undefined|NaN|\[object|Infinity/)
    expect(html).not.toContain('<&>')
    expect(html).toContain('toys &lt;&amp;&gt; &quot;games&quot;')
  })

  it('is the same to the byte, whatever was drawn before', () => {
    expect(reportHtml(report, locale)).toBe(pages.full[locale])
  })
})

it('tells the same in both languages: as many figures, other words', () => {
  const { en, fr } = pages.full
  const name = (figure: string): string | undefined => /id="([^"]+)"/.exec(figure)?.[1]
  expect(figuresOf(fr).map(name)).toEqual(figuresOf(en).map(name))
  const titles = (html: string): string[] =>
    [...html.matchAll(/<h2[^>]*>\d+\. ([^<]*)/g)].map((m) => m[1] as string)
  expect(titles(fr)).not.toEqual(titles(en))
})
