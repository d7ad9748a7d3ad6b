import * as l10n from '@vscode/l10n';
import type { TriedSentence } from '../src/core/report/reports.ts';
import { element } from './element.ts';
import { formatCount, formatPercent } from './format.ts';

/** More classes than these are left out of the bars, the least probable first. */
const MOST_BARS = 8;

type Probabilities = TriedSentence['probabilities'];

/** One model's answer to a text. */
export function answerCard(model: string, answer: TriedSentence): HTMLElement {
  const { label, probabilities, tokens, unknownTokens, latencyMs } = answer;
  const left = probabilities.length - MOST_BARS;
  return element(
    'article',
    { class: 'answer', 'aria-label': model },
    element('h3', {}, model),
    element('p', { class: 'figure' }, label === '' ? l10n.t('no label') : label),
    element('ul', { class: 'probabilities' }, ...shownBars(probabilities).map(bar)),
    ...(left > 0
      ? [element('p', { class: 'muted small' }, l10n.t('{0} more classes are less probable.', String(left)))]
      : []),
    element(
      'p',
      { class: 'muted small' },
      [
        l10n.t('{0} tokens, {1} unknown', formatCount(tokens), formatCount(unknownTokens)),
        l10n.t('{0} ms', formatLatency(latencyMs)),
      ].join(' · '),
    ),
  );
}

/** A few stand in one order for both models, so that they compare. */
function shownBars(probabilities: Probabilities): Probabilities {
  if (probabilities.length <= MOST_BARS) return probabilities;
  return [...probabilities].sort((a, b) => b.probability - a.probability).slice(0, MOST_BARS);
}

function bar({ label, probability }: Probabilities[number]): HTMLElement {
  const filled = element('div', { class: 'probability', 'aria-hidden': 'true' });
  filled.style.setProperty('--length', `${(100 * probability).toFixed(1)}%`);
  return element(
    'li',
    {},
    element('span', { class: 'name', title: label }, label),
    filled,
    element('span', { class: 'value' }, formatPercent(probability)),
  );
}

/** Two digits that count are more than a stopwatch of this size is sure of. */
export function formatLatency(ms: number): string {
  return ms >= 10 ? ms.toFixed(0) : ms >= 1 ? ms.toFixed(1) : ms.toFixed(2);
}
