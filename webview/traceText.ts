import * as l10n from '@vscode/l10n';
import type { PlannedRates } from '../src/core/training/plannedRates.ts';
import { formatAccuracy, NONE } from './format.ts';
import type { Trace } from './runModel.ts';
import { nearestStep } from './traceRange.ts';

export function formatRate(rate: number): string {
  if (rate === 0) return '0';
  return rate.toExponential(1).replace('.0e', 'e').replace('-', '−');
}

/** Of a step that is still to come. */
export function describePlannedStep(rate: number): string {
  return l10n.t('Learning rate {0}, planned', formatRate(rate));
}

/** All that is known of a step, whichever curve was pointed at. */
export function describeStep(trace: Trace | undefined, step: number): string[] {
  if (trace === undefined) return [];
  const at = nearestStep(trace.steps, step);
  const [loss, rate] = [trace.losses[at], trace.rates[at]];
  const accuracy = trace.evaluations.find((evaluation) => evaluation.step === step)?.accuracy;
  return [
    ...(accuracy === undefined ? [] : [l10n.t('Validation accuracy {0}', formatAccuracy(accuracy))]),
    ...(loss === undefined ? [] : [l10n.t('Loss {0}', loss.toFixed(4))]),
    ...(rate === undefined ? [] : [l10n.t('Learning rate {0}', formatRate(rate))]),
  ];
}

export function describeTrace(trace: Trace | undefined, planned: PlannedRates | undefined): string {
  const first = trace?.losses[0];
  const last = trace?.losses.at(-1);
  if (trace === undefined || first === undefined || last === undefined)
    return planned === undefined
      ? l10n.t('Learning rate, loss and validation accuracy over steps. No steps yet.')
      : l10n.t(
          'Learning rate as planned over {0} steps in {1} epochs, at most {2}. No steps yet.',
          String(planned.epochs * planned.iterations),
          String(planned.epochs),
          formatRate(planned.rates.reduce((a, { y }) => Math.max(a, y), 0)),
        );
  const highest = trace.rates.reduce((a, b) => Math.max(a, b), 0);
  const best = trace.evaluations.reduce((a, { accuracy }) => Math.max(a, accuracy), 0);
  return l10n.t(
    'Training over {0} steps. Loss from {1} to {2}, learning rate at most {3}, best validation accuracy {4}.',
    String(trace.steps.at(-1) ?? 0),
    first.toFixed(3),
    last.toFixed(3),
    formatRate(highest),
    trace.evaluations.length > 0 ? formatAccuracy(best) : NONE,
  );
}
