import { achievedReduction, rankForReduction } from '../cost/reduction.ts';
import { UserError } from '../errors.ts';
import type { CompressSettings, Recipe } from '../recipe/recipe.ts';
import type { Trial } from './trial.ts';

export interface Plan {
  /** A trial comes after the one that it starts from. */
  readonly trials: readonly Trial[];
  readonly warnings: readonly string[];
}

/**
 * The trials of a recipe: the baselines, their retrained controls, then seed by seed the points of the curve
 * from the largest rank to the smallest, so that a first whole curve is there early. A loaded model is one
 * baseline for all seeds; a trained one is trained anew for each.
 *
 * @param rows m, the table's rows
 * @param dimension n, the table's columns
 * @throws UserError a rank above min(m, n)
 */
export function planTrials(recipe: Recipe, rows: number, dimension: number): Plan {
  const { compress } = recipe;
  const { seeds } = recipe.retrain;
  const baselineOf = (seed: number): string =>
    recipe.model === undefined ? `baseline-s${seed}` : 'baseline';
  const baselines: Trial[] = (recipe.model === undefined ? seeds : seeds.slice(0, 1)).map((seed) => ({
    id: baselineOf(seed),
    kind: 'baseline',
    seed,
  }));
  if (compress === undefined) return { trials: baselines, warnings: [] };

  const { ranks, warnings } = ranksOf(compress, recipe.path, rows, dimension);
  const { method, metrics, split } = compress;
  const controls = seeds.map((seed): Trial => ({
    id: `control-s${seed}`,
    kind: 'control',
    seed,
    from: baselineOf(seed),
  }));
  const points = seeds.flatMap((seed) =>
    ranks.flatMap((rank) =>
      metrics.map((metric): Trial => ({
        id: `${metric}-k${rank}-s${seed}`,
        kind: 'point',
        seed,
        from: baselineOf(seed),
        method,
        metric,
        split,
        rank,
      })),
    ),
  );
  return { trials: [...baselines, ...controls, ...points], warnings };
}

/** Epochs of all trials together, the measure of a run's progress. A loaded baseline is only measured. */
export function totalEpochs(recipe: Recipe, trials: readonly Trial[]): number {
  const trained = recipe.train?.epochs ?? 0;
  return trials.reduce((sum, { kind }) => sum + (kind === 'baseline' ? trained : recipe.retrain.epochs), 0);
}

/** The ranks to try, each once, largest first. */
function ranksOf(
  { reductions, ranks }: CompressSettings,
  file: string,
  rows: number,
  dimension: number,
): { readonly ranks: readonly number[]; readonly warnings: readonly string[] } {
  const most = Math.min(rows, dimension);
  ranks.forEach((rank, i) => {
    if (rank <= most) return;
    throw new UserError(
      'rank-too-large',
      `compress.ranks[${i}] must be at most ${most}, the smaller side of the ${rows} x ${dimension} table, found ${rank}.`,
      'Choose a smaller rank.',
      { file, item: `compress.ranks[${i}]` },
    );
  });

  const warnings: string[] = [];
  const wishes = new Map<number, string[]>();
  const wish = (rank: number, words: string): void => {
    wishes.set(rank, [...(wishes.get(rank) ?? []), words]);
  };
  for (const reduction of reductions) {
    const rank = rankForReduction(reduction, rows, dimension);
    wish(rank, `reduction ${reduction}`);
    const achieved = achievedReduction(rank, rows, dimension);
    if (achieved < reduction - 1e-9) {
      warnings.push(
        `Reduction ${reduction} is out of reach: rank ${rank}, the smallest, removes ${(100 * achieved).toFixed(2)} % of the table.`,
      );
    }
  }
  for (const rank of ranks) wish(rank, `rank ${rank}`);
  for (const [rank, words] of wishes) {
    if (words.length > 1) warnings.push(`${listed(words)} give the same rank ${rank}, which is tried once.`);
    const achieved = achievedReduction(rank, rows, dimension);
    if (achieved <= 0) {
      warnings.push(
        `Rank ${rank} makes the table ${achieved === 0 ? 'no smaller' : `${percent(-achieved)} larger`}: ` +
          `below ${((rows * dimension) / (rows + dimension)).toFixed(1)} it becomes smaller.`,
      );
    }
  }
  return { ranks: [...wishes.keys()].sort((a, b) => b - a), warnings };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** `Reduction 0.98, reduction 0.985 and rank 1`. */
function listed(words: readonly string[]): string {
  const text = `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
