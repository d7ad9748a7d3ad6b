import * as l10n from '@vscode/l10n';
import type { RawAuto, RawCompress } from '../../core/recipe/rawRecipe.ts';
import type { Method, Metric } from '../../core/recipe/recipe.ts';
import { methodName, metricName } from '../pointName.ts';
import type { PickItem } from '../pickFile.ts';
import type { Questions } from './questions.ts';
import type { KnownModel } from './rankEffect.ts';
import { askReductions } from './reductionsQuestion.ts';
import { askSearch } from './searchQuestion.ts';

/** A method, and of factors the metric that they are found by. */
type Choice = Exclude<Method, 'low-rank'> | Metric;

/**
 * Asks whether to search, or which methods to try, at their defaults, and of factors how far.
 *
 * @param trains whether the recipe trains the model, so that word vectors can be compressed before that
 */
export async function askCompression(
  questions: Questions,
  model: KnownModel,
  trains: boolean,
): Promise<RawAuto | RawCompress | RawCompress[]> {
  const way = await questions.pick(ways(), l10n.t('How to find the model that you want'));
  return way === 'compare' ? askMethods(questions, model, trains) : askSearch(questions, model, way);
}

function ways(): PickItem<'compare' | 'accuracy' | 'size'>[] {
  return [
    {
      label: l10n.t('Compare Methods'),
      detail: l10n.t('You choose methods and sizes; each is tried, and you pick a point of the curves.'),
      value: 'compare',
    },
    {
      label: l10n.t('Search for the Smallest Model'),
      detail: l10n.t(
        'You say how much accuracy may be lost; methods and settings are tried until the time is over.',
      ),
      value: 'accuracy',
    },
    {
      label: l10n.t('Search for the Most Accurate Model of a Size'),
      detail: l10n.t('You say how large it may be; methods and settings are tried until the time is over.'),
      value: 'size',
    },
  ];
}

async function askMethods(
  questions: Questions,
  model: KnownModel,
  trains: boolean,
): Promise<RawCompress | RawCompress[]> {
  const chosen = await questions.pickMany(
    choices().filter(({ value }) => trains || (value !== 'low-rank-offline' && value !== 'ppa-pca')),
    l10n.t('How to compress the embedding; each method is tried'),
  );
  const metrics = chosen.filter(isMetric);
  const withRanks = metrics.length > 0 || chosen.includes('low-rank-offline');
  const reductions = withRanks ? await askReductions(questions, model) : [];
  const entries: RawCompress[] = [
    ...(metrics.length > 0 ? [lowRank(metrics, reductions)] : []),
    ...chosen
      .filter((choice) => !isMetric(choice))
      .map((method) => (method === 'low-rank-offline' ? { method, reductions } : { method })),
  ];
  const [only] = entries;
  return entries.length === 1 && only ? only : entries;
}

function lowRank(metrics: readonly Metric[], reductions: readonly number[]): RawCompress {
  // The default's name need not be written.
  return metrics.join() === 'task' ? { reductions } : { metric: metrics, reductions };
}

function isMetric(choice: Choice): choice is Metric {
  return choice === 'task' || choice === 'spectrum' || choice === 'frequency' || choice === 'task-frequency';
}

function choices(): PickItem<Choice>[] {
  const factors = (metric: Metric, detail: string): PickItem<Choice> => ({
    label: `${methodName('low-rank')}: ${metricName(metric)}`,
    detail,
    value: metric,
    picked: metric === 'task',
  });
  const method = (value: Exclude<Method, 'low-rank'>, detail: string): PickItem<Choice> => ({
    label: methodName(value),
    detail,
    value,
  });
  return [
    factors('task', l10n.t('Two factors that keep what the model’s output depends on.')),
    factors('spectrum', l10n.t('Two factors that keep what the table varies most in, the paper’s method.')),
    method('fixed-point', l10n.t('Every value in a few bits.')),
    method('product-quantization', l10n.t('Parts of vectors by the nearest of a few centroids.')),
    method('codes', l10n.t('Every vector as a sum of learned codewords.')),
    method('pruning', l10n.t('The smallest values set to 0.')),
    method('deep-compression', l10n.t('Pruning, shared values and Huffman coding.')),
    method('low-rank-offline', l10n.t('Two factors of the word vectors, trained from there.')),
    method(
      'ppa-pca',
      l10n.t('Word vectors of fewer dimensions, by post-processing and PCA, trained from there.'),
    ),
  ];
}
