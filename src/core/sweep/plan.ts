import { methodOf } from '../compression/methods.ts';
import type { PointSettings } from '../compression/method.ts';
import { pointBytes } from '../cost/cost.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { mostEpochs } from '../search/halving.ts';
import type { Trial } from './trial.ts';
import { trialPhase } from './trialPhase.ts';

export interface Plan {
  /** A trial comes after the one that it starts from. */
  readonly trials: readonly Trial[];
  readonly warnings: readonly string[];
}

/**
 * The trials of a recipe: the baselines, their retrained controls, then seed by seed the points of the curves, each
 * from the largest to the smallest, so that the first whole curves are there early. A loaded model is one
 * baseline for all seeds; a trained one is trained anew for each.
 *
 * @param rows m, the table's rows
 * @param dimension n, the table's columns
 * @throws UserError a setting that the table does not allow, as a rank above min(m, n)
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
  if (compress.length === 0) return { trials: baselines, warnings: [] };

  const { points, warnings } = planPoints(recipe, { rows, dimension });
  const controls = seeds.map((seed): Trial => ({
    id: `control-s${seed}`,
    kind: 'control',
    seed,
    from: baselineOf(seed),
  }));
  const trials = seeds.flatMap((seed) =>
    points.map((point): Trial => ({
      id: `${point.setting}-s${seed}`,
      kind: 'point',
      seed,
      ...(compressesTrained(recipe, point) && { from: baselineOf(seed) }),
      ...point,
    })),
  );
  return { trials: [...baselines, ...controls, ...trials], warnings };
}

/** The points of all entries, in the entries' order; a point that two entries have is tried once. */
function planPoints(
  { compress, search, path: file }: Recipe,
  table: { readonly rows: number; readonly dimension: number },
): { readonly points: readonly PointSettings[]; readonly warnings: readonly string[] } {
  const planned = compress.map((settings, entry) => {
    const list = search === undefined ? 'compress' : 'compress.among';
    const path = compress.length === 1 ? list : `${list}[${entry}]`;
    return methodOf(settings).points(settings, table, { file, path, entry });
  });
  const points = new Map<string, PointSettings>();
  const warnings = planned.flatMap((of) => of.warnings);
  for (const point of planned.flatMap((of) => of.points)) {
    // A search tries nothing that is no smaller than the table, and says so of none.
    if (search !== undefined && pointBytes(table, point) >= 4 * table.rows * table.dimension) continue;
    if (points.has(point.setting)) warnings.push(`${point.setting} is asked for twice and tried once.`);
    else points.set(point.setting, point);
  }
  return { points: [...points.values()], warnings: search === undefined ? [...new Set(warnings)] : [] };
}

function compressesTrained({ compress }: Recipe, { entry }: PointSettings): boolean {
  const settings = compress[entry];
  return settings !== undefined && methodOf(settings).compresses === 'trained';
}

/** Epochs of a trial: those of training for what is trained from its start, none for what is only measured. */
export function trialEpochs(recipe: Recipe, trial: Trial): number {
  const phase = trialPhase(trial);
  return (phase && recipe[phase]?.epochs) ?? 0;
}

/**
 * Epochs of all trials together, the measure of a run's progress; of a search those that it takes at most. A loaded
 * baseline is only measured.
 */
export function totalEpochs(recipe: Recipe, trials: readonly Trial[]): number {
  const isSearched = ({ kind }: Trial): boolean => recipe.search !== undefined && kind === 'point';
  const searched = mostEpochs(trials.filter(isSearched).length, recipe.retrain.epochs);
  return trials.reduce((sum, trial) => sum + (isSearched(trial) ? 0 : trialEpochs(recipe, trial)), searched);
}
