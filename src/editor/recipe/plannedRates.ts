import * as l10n from '@vscode/l10n';
import type { TrainingSettings } from '../../core/recipe/recipe.ts';
import { createSchedule } from '../../core/training/schedule.ts';
import type { RecipeText, Span } from './recipeText.ts';

/** What a hover is about: the schedule of a phase. */
export interface HoveredSchedule {
  readonly span: Span;
  readonly phase: 'train' | 'retrain';
}

/** The schedule at an offset of a recipe: its name, its value, or a setting in it. */
export function scheduleAt(recipe: RecipeText, offset: number): HoveredSchedule | undefined {
  for (const phase of ['train', 'retrain'] as const) {
    const property = recipe.node(phase, 'schedule')?.parent;
    if (property === undefined) continue;
    for (let node = recipe.at(offset); node !== undefined; node = node.parent) {
      if (node === property) return { span: property, phase };
    }
  }
  return undefined;
}

const chartWidth = 60;
const chartHeight = 4;
/** Rates are computed for so many iterations at most, evenly. */
const mostRates = 20_000;
/** Of an epoch whose sentences are not counted yet; a schedule whose cycles are parts of an epoch looks the same. */
const assumedIterations = 1000;

/**
 * Markdown with a phase's learning rates as a chart of block characters, from 0 to the highest.
 *
 * @param sentences to train on, where they have been counted
 */
export function describeRates(settings: TrainingSettings, sentences: number | undefined): string {
  const { epochs, batchSize, schedule } = settings;
  const cycleIsGiven = 'stepSize' in schedule && schedule.stepSize !== 'auto';
  if (epochs === 0) return l10n.t('Nothing is trained in 0 epochs.');
  if (sentences === undefined && cycleIsGiven) {
    return l10n.t(
      'The learning rates are known once the sentences are counted: save the recipe to have its data read.',
    );
  }
  const iterations = sentences === undefined ? assumedIterations : Math.ceil(sentences / batchSize);
  const rates = ratesOf(settings, iterations);
  const [lowest, highest] = rates.reduce(
    ([low, high], rate) => [Math.min(low, rate), Math.max(high, rate)],
    [Infinity, 0],
  );
  const between =
    lowest === highest
      ? l10n.t('Learning rate {0}', formatRate(highest))
      : l10n.t('Learning rate between {0} and {1}', formatRate(lowest), formatRate(highest));
  const length =
    sentences === undefined
      ? l10n.t('Epochs: {0}.', epochs)
      : l10n.t('Epochs: {0}, each of {1} iterations.', epochs, iterations);
  return `**${schedule.name}**: ${between}. ${length}\n\n\`\`\`text\n${drawn(rates, highest, epochs)}\n\`\`\``;
}

function ratesOf({ epochs, schedule }: TrainingSettings, iterations: number): number[] {
  const rateAt = createSchedule(schedule, iterations);
  const all = epochs * iterations;
  const count = Math.min(all, mostRates);
  return Array.from({ length: count }, (_, i) => {
    const iteration = Math.floor((i * all) / count);
    return rateAt(iteration, Math.floor(iteration / iterations));
  });
}

/** Rows of block characters over a row that marks where epochs begin, each column a mean. */
function drawn(rates: readonly number[], highest: number, epochs: number): string {
  const perEpoch = Math.max(1, Math.floor(chartWidth / epochs));
  const width = Math.min(chartWidth, perEpoch * epochs);
  const heights = Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * rates.length) / width);
    const part = rates.slice(from, Math.max(from + 1, Math.floor(((column + 1) * rates.length) / width)));
    const mean = part.reduce((a, b) => a + b, 0) / part.length;
    return Math.max(1, Math.round((mean / highest) * chartHeight * 8));
  });
  const rows = Array.from({ length: chartHeight }, (_, row) => {
    const below = (chartHeight - 1 - row) * 8;
    return heights
      .map((height) => ' ▁▂▃▄▅▆▇█'[Math.min(8, Math.max(0, height - below))])
      .join('')
      .trimEnd();
  });
  const marks =
    epochs > width ? '' : Array.from({ length: epochs }, (_, e) => String(e + 1).padEnd(perEpoch)).join('');
  return [...rows, ...(perEpoch > String(epochs).length ? [marks.trimEnd()] : [])].join('\n');
}

function formatRate(rate: number): string {
  return rate === 0 ? '0' : rate.toExponential(1).replace('.0e', 'e').replace('-', '−');
}
