import { esc, list } from './html.ts'
import type { Page, Section } from './page.ts'

/** What the report cannot say, what it holds of people, and how to make it again. */
export function limitsSection(page: Page): Section {
  const html = [
    `<h3>${page.say('Limits', 'Limites')}</h3>`,
    list(limits(page)),
    `<h3>${page.say('Data protection', 'Protection des données')}</h3>`,
    list(protection(page)),
    `<h3>${page.say('How to reproduce', 'Comment reproduire')}</h3>`,
    reproduce(page),
  ]
  return {
    id: 'limits',
    title: page.say('Limits, data protection, reproduction', 'Limites, protection des données, reproduction'),
    html: html.join('\n'),
  }
}

function limits(page: Page): string[] {
  const { bundle } = page.report
  return [
    page.say(
      'Segments describe; they do not explain. That a segment buys more does not mean that moving somebody into it would make him buy more: only an experiment can tell.',
      'Les segments décrivent, ils n’expliquent pas. Qu’un segment achète davantage ne signifie pas qu’y faire entrer quelqu’un le ferait acheter davantage\u00A0: seule une expérience peut le dire.',
    ),
    page.say(
      'k-means cuts people into groups about equally wide, even where there is no gap between them; near a border the difference is small.',
      'Les k-moyennes découpent les clients en groupes de largeur comparable, même sans vide entre eux\u00A0; près d’une frontière, la différence est faible.',
    ),
    page.say(
      `Customers with fewer than ${bundle.policy.minEvents} events have no segment and are in none of the tables.`,
      `Les clients ayant moins de ${bundle.policy.minEvents} événements n’ont pas de segment et ne figurent dans aucun tableau.`,
    ),
    page.say(
      'Here everybody is in the segment nearest to him at the date of the model; a running consumer also has a memory and lets nobody flip back and forth, so its counts may differ a little.',
      'Ici, chacun est dans le segment le plus proche à la date du modèle\u00A0; un consommateur en marche a aussi une mémoire et ne laisse personne osciller, ses effectifs peuvent donc différer un peu.',
    ),
    page.say(
      'Data of less than a year say nothing of the other seasons, and a month in them may stand for what happened then, not for the month.',
      'Des données de moins d’un an ne disent rien des autres saisons, et un mois peut y refléter ce qui s’y est passé plutôt que le mois lui-même.',
    ),
  ]
}

function protection(page: Page): string[] {
  return [
    page.say(
      'This file holds no customer’s id, name or address. Typical customers are shown by their feature values alone.',
      'Ce fichier ne contient ni identifiant, ni nom, ni adresse. Les clients types n’y figurent que par leurs valeurs.',
    ),
    page.say(
      'Small groups can be recognised: look at segments of a few dozen customers before you pass the file on.',
      'Les petits groupes peuvent être reconnus\u00A0: vérifiez les segments de quelques dizaines de clients avant de transmettre ce fichier.',
    ),
    page.say(
      'Segmentation is profiling. Say so in your privacy notice, honour objections and erasures; an erased customer is gone from the next training.',
      'La segmentation est un profilage. Dites-le dans votre politique de confidentialité, respectez oppositions et effacements\u00A0; un client effacé disparaît du prochain apprentissage.',
    ),
    page.say(
      'It asks nothing of anybody’s browser: no script, no font, no picture from elsewhere.',
      'Il ne demande rien à votre navigateur\u00A0: ni script, ni police, ni image venus d’ailleurs.',
    ),
  ]
}

function reproduce(page: Page): string {
  const { bundle, program, data } = page.report
  const { training: t, policy, featureSet, pca } = bundle
  const settings = Object.entries(t.settings)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
  const train = `segmentation train --events ${t.source} --feature-set ${featureSet.name} --as-of ${t.asOf} --k ${bundle.centroids.length} --components ${pca.components.length} --min-events ${policy.minEvents} --seed ${t.seed} --out MODEL`
  const report = `segmentation report --model MODEL --events ${data?.source ?? 'FILE'} --locale ${page.locale} --out report.html`
  const facts: [string, string][] = [
    [page.say('Model version', 'Version du modèle'), bundle.version],
    [page.say('Parent', 'Parent'), bundle.lineage.parent ?? page.say('none', 'aucun')],
    [page.say('Feature set', 'Jeu de variables'), `${featureSet.name} ${featureSet.version}`],
    [page.say('Seed', 'Graine'), String(t.seed)],
    [page.say('Settings', 'Réglages'), settings],
    [page.say('Program', 'Programme'), program],
  ]
  const rows = facts.map(([name, value]) => `<dt>${esc(name)}</dt><dd><code>${esc(value)}</code></dd>`)
  const same = page.say(
    'The same data and settings give the same version, and the same report to the byte.',
    'Les mêmes données et réglages donnent la même version, et le même rapport à l’octet près.',
  )
  return `<dl>${rows.join('')}</dl><pre><code>${esc(train)}\n${esc(report)}</code></pre><p>${same}</p>`
}
