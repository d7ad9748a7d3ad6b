import * as l10n from '@vscode/l10n';
import { compressDefaults } from '../../core/recipe/defaults.ts';
import { formatMegabytes } from '../formatMegabytes.ts';
import type { Questions } from './questions.ts';
import { effectOf, rankOf, type KnownModel } from './rankEffect.ts';

const offered = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99];

/** Asks which reductions to try, with the rank and the size of each in sight; none that gives another's rank. */
export function askReductions(questions: Questions, model: KnownModel): Promise<number[]> {
  const ranks = offered.map((reduction) => rankOf(reduction, model));
  const distinct = offered.filter((_, i) => ranks[i] !== ranks[i - 1]);
  return questions.pickMany(
    distinct.map((reduction) => ({
      label: `${Math.round(100 * reduction)} %`,
      description: describe(rankOf(reduction, model), model),
      picked: compressDefaults['low-rank'].reductions.includes(reduction),
      value: reduction,
    })),
    l10n.t('How much of the embedding factors are to remove; each is tried'),
  );
}

function describe(rank: number, model: KnownModel): string {
  const sizes = effectOf(rank, model)?.modelBytes;
  if (sizes) {
    return l10n.t('rank {0}, {1} of {2}', rank, formatMegabytes(sizes.after), formatMegabytes(sizes.before));
  }
  return l10n.t('about rank {0}, {1} of {2} bytes a word', rank, 4 * rank, 4 * model.dimension);
}
