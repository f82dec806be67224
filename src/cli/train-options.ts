import { InvalidArgumentError, Option, type Command } from 'commander'
import { MAX_K, MIN_K } from '../app/choose-k.ts'
import { MINI_BATCH_ROWS } from '../app/fit.ts'
import { TRAIN_DEFAULTS as d, type TrainOptions } from '../app/train.ts'
import type { Policy } from '../domain/segments/policy.ts'
import { number } from '../render/format.ts'
import { decimal, durationOption, integer } from './options.ts'

/** How the groups of a bundle are found. */
export interface FitFlags extends Pick<TrainOptions, 'k' | 'components' | 'clustering' | 'tolerance'> {
  readonly outliers: TrainOptions['outlierCut']
}

export function addFitOptions(command: Command): void {
  command
    .option('--k <n|auto>', `number of segments; auto: chosen among ${MIN_K} to ${MAX_K}`, segmentCount, d.k)
    .option(
      '--components <n>',
      'PCA axes, or the share of variance to keep (0.9)',
      decimal(0.01, 256),
      d.components,
    )
    .addOption(
      new Option(
        '--outliers <cut>',
        'users the centroids are fitted without: none (they are counted only), robust (beyond adjusted fences), or a ' +
          'share on each side of each axis (0.01)',
      )
        .argParser(outlierCut)
        .default(d.outlierCut),
    )
    .addOption(
      new Option('--clustering <way>', `auto: mini-batch above ${number(MINI_BATCH_ROWS)} users`)
        .choices(['auto', 'full', 'mini-batch'])
        .default(d.clustering),
    )
    .option(
      '--tolerance <share>',
      'k-means ends when centres shift less, of the mean variance; 0: when nobody moves',
      decimal(0, 1),
      d.tolerance,
    )
}

export function fitOptionsOf({ k, components, outliers, clustering, tolerance }: FitFlags) {
  return { k, components, clustering, tolerance, outlierCut: outliers }
}

/** How a bundle decides. */
export interface PolicyFlags extends Pick<Policy, 'minEvents' | 'marginRatio' | 'outlier'> {
  readonly dwell: number
  readonly confirmFor: number
}

export function addPolicyOptions(command: Command): void {
  command
    .option('--min-events <n>', 'events a user needs to count', integer(1, 1_000_000), d.minEvents)
    .option(
      '--margin-ratio <share>',
      'how much nearer another segment must be to move',
      decimal(0, 0.99),
      d.marginRatio,
    )
    .addOption(durationOption('--dwell <duration>', 'no move earlier than this after the last', d.dwellMs))
    .addOption(
      durationOption(
        '--confirm-for <duration>',
        'without the margin too, once another was the nearest for this long',
        d.confirmForMs ?? 0,
      ),
    )
    .addOption(
      new Option('--outlier <rule>', 'a user beyond every radius')
        .choices(['ignore', 'segment'])
        .default(d.outlier),
    )
}

export function policyOf({ minEvents, marginRatio, dwell, confirmFor, outlier }: PolicyFlags): Policy {
  return {
    minEvents,
    marginRatio,
    dwellMs: dwell,
    confirmForMs: confirmFor === 0 ? null : confirmFor,
    outlier,
  }
}

const wholeK = integer(MIN_K, 64)

function segmentCount(text: string): TrainOptions['k'] {
  return text === 'auto' ? text : wholeK(text)
}

const MAX_CUT = 0.25

function outlierCut(text: string): TrainOptions['outlierCut'] {
  if (text === 'none' || text === 'robust') return text
  const share = Number(text)
  if (!/^0?\.\d+$/.test(text) || share <= 0 || share > MAX_CUT)
    throw new InvalidArgumentError(`Expected none, robust, or a share above 0 up to ${MAX_CUT}.`)
  return share
}
