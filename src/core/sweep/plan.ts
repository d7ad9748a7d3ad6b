import { methodOf } from '../compression/methods.ts';
import type { ModelSpec } from '../checkpoint/checkpoint.ts';
import type { SpecTable } from '../checkpoint/graph/tables.ts';
import type { CompressedTable, PointSettings } from '../compression/method.ts';
import { pointBytes } from '../cost/cost.ts';
import { UserError } from '../errors.ts';
import type { CompressSettings, Recipe } from '../recipe/recipe.ts';
import { drawSettings } from '../search/drawSettings.ts';
import { mostEpochs, rungs, settingsRungs } from '../search/halving.ts';
import type { SearchName, Trial } from './trial.ts';
import { trialPhase } from './trialPhase.ts';

export interface Plan {
  /** A trial comes after the one that it starts from. */
  readonly trials: readonly Trial[];
  readonly warnings: readonly string[];
}

/**
 * The trials of a recipe: those of its random searches, the baselines, their retrained controls, then seed by seed the points of the curves, each
 * from the largest to the smallest, so that the first whole curves are there early. A loaded model is one
 * baseline for all seeds; a trained one is trained anew for each.
 *
 * @param rows m, the table's rows
 * @param dimension n, the table's columns
 * @param further tables that are to be compressed with it
 * @throws UserError a setting that the table does not allow, as a rank above min(m, n); `several-tables`
 */
export function planTrials(
  recipe: Recipe,
  rows: number,
  dimension: number,
  further: readonly SpecTable[] = [],
): Plan {
  const { compress } = recipe;
  const { seeds } = recipe.retrain;
  const baselineOf = (seed: number): string =>
    recipe.model === undefined ? `baseline-s${seed}` : 'baseline';
  const baselines: Trial[] = (recipe.model === undefined ? seeds : seeds.slice(0, 1)).map((seed) => ({
    id: baselineOf(seed),
    kind: 'baseline',
    seed,
  }));
  const [seed = 1] = seeds;
  const tries = planTries(recipe, 'train', { seed });
  if (compress.length === 0) return { trials: [...tries, ...baselines], warnings: [] };

  const { points, warnings } = planPoints(recipe, { rows, dimension, further });
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
  const tried = middleOf(trials, { rows, dimension });
  const retries = tried === undefined ? [] : planTries(recipe, 'retrain', tried);
  return { trials: [...tries, ...baselines, ...retries, ...controls, ...trials], warnings };
}

/** A model with each of the settings that a phase's random search draws. */
function planTries(recipe: Recipe, phase: 'train' | 'retrain', model: Omit<Trial, 'id' | 'kind'>): Trial[] {
  const settings = recipe[phase];
  if (settings?.randomSearch === undefined) return [];
  const drawn = drawSettings(settings, settings.randomSearch, recipe.data.seed, phase === 'train' ? 0 : 1);
  return drawn.map((training, i) => ({ ...model, id: tryId(phase, i), kind: 'try', training }));
}

function tryId(phase: 'train' | 'retrain', i: number): string {
  return `${phase}-settings-${i + 1}`;
}

/** Of the points that are retrained with the first seed the one in the middle by its size. */
function middleOf(points: readonly Trial[], table: ModelSpec['embedding']): Trial | undefined {
  const seed = points[0]?.seed;
  const retrained = points.filter((point) => point.seed === seed && trialPhase(point) === 'retrain');
  const bySize = retrained.sort((a, b) => pointBytes(table, b) - pointBytes(table, a));
  return bySize[Math.floor(bySize.length / 2)];
}

/** The points of all entries, in the entries' order; a point that two entries have is tried once. */
function planPoints(
  { compress, search, path: file }: Recipe,
  { further, ...main }: CompressedTable,
): { readonly points: readonly PointSettings[]; readonly warnings: readonly string[] } {
  const planned = compress.map((settings, entry) => {
    const list = search === undefined ? 'compress' : 'compress.among';
    const path = compress.length === 1 ? list : `${list}[${entry}]`;
    const isOne = further === undefined || further.length === 0 || isOfLargest(settings);
    if (!isOne) checkTables(settings, further.length + 1, file, path);
    return methodOf(settings).points(settings, isOne ? main : { ...main, further }, { file, path, entry });
  });
  const points = new Map<string, PointSettings>();
  const warnings = planned.flatMap((of) => of.warnings);
  for (const point of planned.flatMap((of) => of.points)) {
    // A search tries nothing that is no smaller than the table, and says so of none.
    if (search !== undefined && pointBytes(main, point) >= 4 * main.rows * main.dimension) continue;
    if (points.has(point.setting)) warnings.push(`${point.setting} is asked for twice and tried once.`);
    else points.set(point.setting, point);
  }
  return { points: [...points.values()], warnings: search === undefined ? [...new Set(warnings)] : [] };
}

/** Whether an entry leaves further tables than the largest as they are. */
function isOfLargest(settings: CompressSettings): boolean {
  return 'tables' in settings && settings.tables === 'largest';
}

/** @throws UserError `several-tables` for what is done with one table alone */
function checkTables(settings: CompressSettings, count: number, file: string, path: string): void {
  const isCoded =
    settings.method === 'low-rank' &&
    (settings.bits.some((bits) => bits !== 32) || settings.words.some((share) => share < 1));
  if (settings.method === 'low-rank' && !isCoded) return;
  const what = isCoded ? 'low-rank with "bits" or "words"' : settings.method;
  throw new UserError(
    'several-tables',
    `The model has ${count} embedding tables, and ${what} compresses one.`,
    'Set "tables" to "largest" to compress the largest one alone, or use low-rank with float32 factors, which takes all.',
    { file, item: path },
  );
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
  const searches = planSearches(recipe, trials);
  const searched = new Set(searches.flatMap((search) => search.trials));
  return (
    trials.reduce((sum, trial) => sum + (searched.has(trial) ? 0 : trialEpochs(recipe, trial)), 0) +
    searches.reduce((sum, search) => sum + mostEpochs(search.trials.length, search.rungs), 0)
  );
}

/** Trials that a search trains for longer and longer, in the place of each to its end. */
export interface PlannedSearch {
  readonly name: SearchName;
  /** Epochs at which they are compared. */
  readonly rungs: readonly number[];
  readonly trials: readonly Trial[];
  /** The one that is trained to its end in any case. */
  readonly always?: string;
}

/** The searches of a plan, in their order. */
export function planSearches(recipe: Recipe, trials: readonly Trial[]): PlannedSearch[] {
  const tries = (phase: 'train' | 'retrain'): PlannedSearch => ({
    name: phase,
    rungs: settingsRungs(recipe[phase]?.epochs ?? 0),
    trials: trials.filter((trial) => trial.kind === 'try' && trialPhase(trial) === phase),
    // The recipe's own settings: what is found is no worse than they are.
    always: tryId(phase, 0),
  });
  const models: PlannedSearch = {
    name: 'models',
    rungs: rungs(recipe.retrain.epochs),
    trials: recipe.search === undefined ? [] : trials.filter(({ kind }) => kind === 'point'),
  };
  return [tries('train'), tries('retrain'), models].filter((search) => search.trials.length > 0);
}
