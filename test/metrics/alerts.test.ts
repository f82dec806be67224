import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../cli/run.ts'
import { sectionsOf } from '../ops/runbook.ts'
import { promtool } from './promtool.ts'
import { strangers } from './queries.ts'

interface Rules {
  readonly groups: readonly { readonly rules: readonly Alert[] }[]
}
interface Alert {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: {
    readonly summary: string
    readonly description: string
    readonly runbook_url: string
  }
}
interface Cases {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts?: unknown }[]
  }[]
}

const RULES = join(ROOT, 'helm/files/alerts/segmentation.yaml')
const CASES = join(ROOT, 'test/metrics/alerts.yaml')
const alerts = (parse(readFileSync(RULES, 'utf8')) as Rules).groups.flatMap(({ rules }) => rules)
const cases = (parse(readFileSync(CASES, 'utf8')) as Cases).tests.flatMap((test) => test.alert_rule_test)
const sections = sectionsOf(readFileSync(join(ROOT, 'helm/RUNBOOK.md'), 'utf8'))

describe('alerts', () => {
  it('are rules that Prometheus takes', (context) => {
    expect(promtool(context, ['check', 'rules', RULES])).toMatchObject({ status: 0 })
  })

  it('fire beyond the edge of their rule and not before', (context) => {
    const { status, words } = promtool(context, ['test', 'rules', CASES])
    expect({ status, words: status === 0 ? '' : words }).toEqual({ status: 0, words: '' })
  })

  it.each(alerts)(
    '$alert asks for what there is, is tested both ways, and leads to its paragraph',
    (alert) => {
      expect(strangers(alert.expr)).toEqual([])
      const own = cases.filter(({ alertname }) => alertname === alert.alert)
      expect(own.some(({ exp_alerts }) => exp_alerts !== undefined)).toBe(true)
      expect(alert.labels.severity).toMatch(/^(critical|warning)$/)
      expect(alert.annotations.summary).not.toBe('')
      expect(alert.annotations.description).not.toBe('')
      expect(alert.annotations.runbook_url).toBe(`RUNBOOK.md#${alert.alert.toLowerCase()}`)
      const section = sections.find(({ title }) => title === alert.alert)
      expect(section?.endsWithCommand).toBe(true)
    },
  )

  it('are those that the runbook speaks of', () => {
    const parts = sections.filter(({ within, title }) => within === 'Alerts' && title !== within)
    const spoken = parts.map(({ title }) => title)
    expect(spoken.toSorted()).toEqual(alerts.map(({ alert }) => alert).toSorted())
  })
})
