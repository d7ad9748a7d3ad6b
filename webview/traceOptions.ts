import * as l10n from '@vscode/l10n';
import type { PlannedRates } from '../src/core/training/plannedRates.ts';
import type { ChartOptions } from 'chart.js';
// For the types of its options.
import type {} from 'chartjs-plugin-zoom';
import { accuracyRange } from './accuracySeries.ts';
import { axisLook, STILL, tooltipLook } from './chartBase.ts';
import type { XY } from '../src/core/report/decimate.ts';
import type { Trace } from './runModel.ts';
import { withAlpha, type Theme } from './theme.ts';
import { epochTicks, type StepRange } from './traceRange.ts';
import { describePlannedStep, describeStep, formatRate } from './traceText.ts';

/** The name of the series of rates that are planned. */
export const PLANNED = 'planned';

/** The room for the label of an epoch, in px. */
const EPOCH_LABEL = 75;

/** Other colours than the metrics have, but for the accuracy, which is no metric's here. */
export function traceColours(theme: Theme): {
  readonly accuracy: string;
  readonly loss: string;
  readonly rate: string;
} {
  const [accuracy, , rate, loss] = theme.palette;
  return {
    accuracy: accuracy ?? theme.foreground,
    loss: loss ?? theme.foreground,
    rate: rate ?? theme.foreground,
  };
}

/** Three strips over one axis of steps; the epochs' ends are the grid of a second one on top. */
export function traceOptions(
  theme: Theme,
  trace: Trace | undefined,
  planned: PlannedRates | undefined,
  lastStep: number,
  range: StepRange | undefined,
): ChartOptions<'line'> {
  const steps = axisLook(theme, l10n.t('Step'));
  const epochs = axisLook(theme, '');
  const { min, max } = range ?? { min: 0, max: Math.max(lastStep, 1) };
  const epochOf = new Map(epochEnds(trace, planned).map((step, i) => [step, i + 1]));
  const traced = trace?.steps.at(-1) ?? -1;
  return {
    ...STILL,
    interaction: { mode: 'nearest', axis: 'x', intersect: false },
    scales: {
      x: {
        ...steps,
        type: 'linear',
        min,
        max,
        ticks: { ...steps.ticks, includeBounds: false, maxRotation: 0, maxTicksLimit: 8, precision: 0 },
      },
      epochs: {
        ...epochs,
        type: 'linear',
        position: 'top',
        min,
        max,
        display: epochOf.size > 0,
        grid: { ...epochs.grid, color: withAlpha(theme.foreground, theme.highContrast ? 0.7 : 0.3) },
        ticks: {
          ...epochs.ticks,
          padding: 2,
          maxRotation: 0,
          callback: (value) => l10n.t('Epoch {0}', String(epochOf.get(Number(value)))),
        },
        afterBuildTicks: (axis) => {
          axis.ticks = epochTicks(epochOf, { min, max }, axis.width / EPOCH_LABEL).map((value) => ({
            value,
          }));
        },
      },
      // From the bottom up.
      rate: {
        ...strip(theme, l10n.t('Rate'), 2),
        beginAtZero: true,
        ticks: {
          ...axisLook(theme, '').ticks,
          maxTicksLimit: 4,
          callback: (value) => formatRate(Number(value)),
        },
      },
      loss: { ...strip(theme, l10n.t('Loss'), 3), beginAtZero: true },
      accuracy: {
        ...strip(theme, l10n.t('Accuracy'), 3),
        ...accuracyRange((trace?.evaluations ?? []).map(({ accuracy }) => accuracy)),
      },
    },
    plugins: {
      tooltip: {
        ...tooltipLook<'line'>(theme),
        // Its lines name their series.
        displayColors: false,
        filter: (_item, i) => i === 0,
        callbacks: {
          title: (items) => l10n.t('Step {0}', String((items[0]?.raw as XY | undefined)?.x ?? '')),
          label: ({ dataset, raw }) => {
            const { x, y } = raw as XY;
            return dataset.label === PLANNED && x > traced ? describePlannedStep(y) : describeStep(trace, x);
          },
        },
      },
      zoom: {
        limits: { x: { min: 0, max: lastStep }, epochs: { min: 0, max: lastStep } },
        zoom: {
          mode: 'x',
          drag: {
            enabled: lastStep > 0,
            threshold: 6,
            backgroundColor: theme.grid,
            borderColor: theme.muted,
            borderWidth: 1,
          },
        },
        pan: { enabled: true, mode: 'x', modifierKey: 'shift' },
      },
    },
  };
}

/** Steps at which epochs end. */
function epochEnds(trace: Trace | undefined, planned: PlannedRates | undefined): number[] {
  if (planned === undefined)
    return (trace?.evaluations ?? []).flatMap(({ step }) => (step > 0 ? [step] : []));
  return Array.from({ length: planned.epochs }, (_, epoch) => (epoch + 1) * planned.iterations);
}

function strip(
  theme: Theme,
  title: string,
  weight: number,
): ReturnType<typeof axisLook> & {
  type: 'linear';
  position: 'left';
  stack: string;
  stackWeight: number;
  offset: boolean;
} {
  const look = axisLook(theme, title);
  return {
    ...look,
    ticks: { ...look.ticks, ...{ includeBounds: false, maxTicksLimit: 5 } },
    type: 'linear',
    position: 'left',
    stack: 'strips',
    stackWeight: weight,
    offset: true,
  };
}
