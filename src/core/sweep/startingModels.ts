import type { Checkpoint, ModelSpec, Weights } from '../checkpoint/checkpoint.ts';
import { readCheckpoint } from '../checkpoint/folder.ts';
import { tablesOf } from '../checkpoint/graph/tables.ts';
import type { CompressionContext, PointSettings } from '../compression/method.ts';
import { methodOf } from '../compression/methods.ts';
import type { Engine } from '../engine/engine.ts';
import { usesGradient } from '../embedding/factorize.ts';
import { UserError } from '../errors.ts';
import { Classifier } from '../model/classifier.ts';
import { initialWeights } from '../model/initialize.ts';
import type { CompressSettings, Recipe } from '../recipe/recipe.ts';
import type { Teacher } from '../training/distillation.ts';
import type { Pause } from '../training/pause.ts';
import { taskGradientCovariances } from '../training/taskGradient.ts';
import type { PreparedData } from './prepare.ts';
import type { TrialStorage } from './runner.ts';
import type { Trial } from './trial.ts';

/**
 * The models that trials begin with: new ones, the recipe's checkpoint, and compressed copies of a parent's. The last
 * parent read and what was computed from it are kept, since trials come parent by parent.
 */
export class StartingModels {
  readonly #recipe: Recipe;
  readonly #engine: Engine;
  readonly #pause: Pause;
  #loaded: Checkpoint | undefined;
  #parent: { readonly id: string; readonly checkpoint: Checkpoint } | undefined;
  #teacher: { readonly id: string; readonly model: Classifier } | undefined;
  #kept: { readonly id: string; readonly values: Map<string, unknown> } | undefined;

  constructor(recipe: Recipe, engine: Engine, pause: Pause) {
    this.#recipe = recipe;
    this.#engine = engine;
    this.#pause = pause;
  }

  /**
   * The checkpoint that the recipe names, if it names one.
   * @throws UserError `already-factorized` where it is to be compressed and has a rank.
   */
  async loaded(): Promise<Checkpoint | undefined> {
    const { model: path, architecture } = this.#recipe;
    if (path === undefined) return undefined;
    const checkpoint = (this.#loaded ??= await readCheckpoint(path, architecture));
    const { rank } = checkpoint.spec.embedding;
    if (rank !== undefined && this.#recipe.compress.length > 0) {
      throw new UserError(
        'already-factorized',
        `The model's embedding is already factorized, at rank ${rank}.`,
        'Compress the model that it was made from.',
        { file: path },
      );
    }
    return checkpoint;
  }

  /** The best checkpoint of a trial that others start from. */
  async parent(id: string, storage: Pick<TrialStorage, 'loadBest'>): Promise<Checkpoint> {
    if (this.#parent?.id === id) return this.#parent.checkpoint;
    const checkpoint = await storage.loadBest(id);
    this.#parent = { id, checkpoint };
    return checkpoint;
  }

  /** The model that a trial begins with; `warn` gets what the compression has to say. */
  async of(
    trial: Trial,
    storage: Pick<TrialStorage, 'loadBest'>,
    data: PreparedData,
    warn: (text: string) => void,
  ): Promise<Checkpoint> {
    const { from, seed } = trial;
    const parent = from === undefined ? await this.#first(seed, data) : await this.parent(from, storage);
    if (!isPoint(trial)) return parent;
    const kept = <T>(name: string, compute: () => Promise<T>): Promise<T> =>
      this.#keep(from ?? trial.id, name, compute);
    return this.#compress(parent, trial, data, {
      gradientCovariances: (sentences) =>
        kept(`covariances of ${sentences ?? 'all'} sentences`, () =>
          this.#measureCovariances(parent, data, sentences),
        ),
      kept,
      warn,
    });
  }

  /** After how many epochs of a trial's retraining its embedding is compressed anew; Infinity for never. */
  refreshAfter(trial: Trial): number {
    if (!isPoint(trial) || trial.metric === undefined || !usesGradient(trial.metric)) return Infinity;
    const settings = this.#settingsOf(trial);
    return (settings.method === 'low-rank' ? settings.refreshAfter : undefined) ?? Infinity;
  }

  /**
   * The parent's table compressed for a body that has been retrained: what the output depends on is asked of the new
   * body, and what retraining did to the embedding is given up.
   *
   * @param retrained the trial's weights, of which all but the embedding's are taken
   */
  async again(
    trial: Trial,
    storage: Pick<TrialStorage, 'loadBest'>,
    data: PreparedData,
    retrained: Weights,
  ): Promise<Checkpoint> {
    const { from } = trial;
    if (!isPoint(trial) || from === undefined) throw new Error(`${trial.id} compresses no trained model.`);
    const uncompressed = await this.parent(from, storage);
    const prefixes = tablesOf(uncompressed.spec).map(({ prefix }) => `${prefix}/`);
    const body = [...retrained].filter(([name]) => !prefixes.some((prefix) => name.startsWith(prefix)));
    const parent = { ...uncompressed, weights: new Map([...uncompressed.weights, ...body]) };
    return this.#compress(parent, trial, data, {
      gradientCovariances: (sentences) => this.#measureCovariances(parent, data, sentences),
      kept: (_, compute) => compute(),
      // The same was said when the trial began.
      warn: () => undefined,
    });
  }

  async #compress(
    parent: Checkpoint,
    trial: Trial & PointSettings,
    data: PreparedData,
    asked: Pick<CompressionContext, 'gradientCovariances' | 'kept' | 'warn'>,
  ): Promise<Checkpoint> {
    const settings = this.#settingsOf(trial);
    const context = { seed: trial.seed, data, pause: this.#pause, ...asked };
    return methodOf(settings).compress(parent, trial, settings, context);
  }

  #settingsOf(trial: Trial & PointSettings): CompressSettings {
    const settings = this.#recipe.compress[trial.entry];
    if (settings === undefined) throw new Error(`${trial.id} has no entry in the recipe.`);
    return settings;
  }

  /** The trial's parent to learn from, for a recipe that distils it. */
  async teacher(
    { from }: Trial,
    storage: Pick<TrialStorage, 'loadBest'>,
    { used }: PreparedData,
  ): Promise<Teacher | undefined> {
    const { distillation } = this.#recipe.retrain;
    if (distillation === undefined || from === undefined) return undefined;
    if (this.#teacher?.id !== from) {
      const { spec, weights } = await this.parent(from, storage);
      this.#teacher?.model.dispose();
      this.#teacher = { id: from, model: new Classifier(this.#engine, spec, weights, undefined, { used }) };
    }
    return { model: this.#teacher.model, ...distillation };
  }

  /** @param id of the parent that it is computed from */
  async #keep<T>(id: string, name: string, compute: () => Promise<T>): Promise<T> {
    if (this.#kept?.id !== id) this.#kept = { id, values: new Map() };
    const { values } = this.#kept;
    if (!values.has(name)) values.set(name, await compute());
    return values.get(name) as T;
  }

  async #measureCovariances(
    { spec, weights }: Checkpoint,
    { train, used }: PreparedData,
    sentences?: number,
  ): Promise<ReadonlyMap<string, Float64Array>> {
    const model = new Classifier(this.#engine, spec, weights, undefined, { used });
    try {
      return await taskGradientCovariances(model, train, this.#recipe.data.seed, this.#pause, sentences);
    } finally {
      model.dispose();
    }
  }

  /** The recipe's checkpoint with the data's vocabulary, or a new model with the seed's weights. */
  async #first(seed: number, { text, vocabulary, labels, ...data }: PreparedData): Promise<Checkpoint> {
    const loaded = await this.loaded();
    if (loaded !== undefined) return { ...loaded, text, vocabulary, labels };
    const spec = newSpec(this.#recipe, { ...data, labels });
    if (data.initialTable === undefined) throw new Error('Nothing to train.');
    const weights = initialWeights(spec, data.initialTable.data, seed);
    return { spec, weights, text, vocabulary, labels };
  }
}

/** Whether a trial compresses something. */
export function isPoint(trial: Trial): trial is Trial & PointSettings {
  return trial.setting !== undefined;
}

/** What the recipe's `train` describes. */
export function newSpec(
  { train, data }: Recipe,
  { initialTable, labels }: Pick<PreparedData, 'initialTable' | 'labels'>,
): ModelSpec {
  if (train === undefined || initialTable === undefined) throw new Error('Nothing to train.');
  return {
    embedding: { rows: initialTable.rows, dimension: initialTable.dimension },
    body: train.body,
    head: data.train.labelSeparator === undefined ? 'softmax' : 'multi-label',
    classes: labels.length,
    masked: true,
  };
}
