import type { Checkpoint, ModelSpec } from '../checkpoint/checkpoint.ts';
import { readCheckpoint } from '../checkpoint/folder.ts';
import { factorize } from '../embedding/factorize.ts';
import { EmbeddingTable } from '../embedding/table.ts';
import type { Engine } from '../engine/engine.ts';
import { UserError } from '../errors.ts';
import { Classifier } from '../model/classifier.ts';
import { initialWeights } from '../model/initialize.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { Pause } from '../training/pause.ts';
import { taskGradientCovariance } from '../training/taskGradient.ts';
import type { PreparedData } from './prepare.ts';
import type { TrialStorage } from './runner.ts';
import type { Trial } from './trial.ts';

/**
 * The models that trials begin with: new ones, the recipe's checkpoint, and factorized copies of a parent's. The last
 * parent read and what was computed from it are kept, since trials come parent by parent.
 */
export class StartingModels {
  readonly #recipe: Recipe;
  readonly #engine: Engine;
  readonly #pause: Pause;
  #loaded: Checkpoint | undefined;
  #parent: { readonly id: string; readonly checkpoint: Checkpoint } | undefined;
  #covariance: { readonly id: string; readonly matrix: Float64Array } | undefined;

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
    if (rank !== undefined && this.#recipe.compress !== undefined) {
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

  /** The model that a trial begins with; `warn` gets what the factorization has to say. */
  async of(
    trial: Trial,
    storage: Pick<TrialStorage, 'loadBest'>,
    data: PreparedData,
    warn: (text: string) => void,
  ): Promise<Checkpoint> {
    if (trial.from === undefined) return this.#first(trial.seed, data);
    const parent = await this.parent(trial.from, storage);
    if (trial.kind !== 'point' || trial.rank === undefined) return parent;
    const { rows, dimension } = parent.spec.embedding;
    const table = parent.weights.get('embedding/table');
    if (table === undefined) throw new Error(`The checkpoint of '${trial.from}' has no table.`);
    const metric = trial.metric ?? 'task';
    const { A, B, rank, warnings } = await factorize(new EmbeddingTable(rows, dimension, table.data), {
      rank: trial.rank,
      metric,
      split: trial.split ?? 'balanced',
      ...(metric === 'task' && { gradientCovariance: await this.#covarianceOf(trial.from, parent, data) }),
    });
    warnings.forEach(warn);
    const weights = new Map(parent.weights);
    weights.delete('embedding/table');
    weights.set('embedding/A', { shape: [rows, rank], data: A });
    weights.set('embedding/B', { shape: [rank, dimension], data: B });
    return { ...parent, spec: { ...parent.spec, embedding: { rows, dimension, rank } }, weights };
  }

  async #covarianceOf(id: string, parent: Checkpoint, data: PreparedData): Promise<Float64Array> {
    if (this.#covariance?.id === id) return this.#covariance.matrix;
    const model = new Classifier(this.#engine, parent.spec, parent.weights);
    const matrix = await taskGradientCovariance(model, data.train, this.#recipe.data.seed, this.#pause);
    this.#covariance = { id, matrix };
    return matrix;
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

/** What the recipe's `train` describes. */
export function newSpec(
  { train }: Recipe,
  { initialTable, labels }: Pick<PreparedData, 'initialTable' | 'labels'>,
): ModelSpec {
  if (train === undefined || initialTable === undefined) throw new Error('Nothing to train.');
  return {
    embedding: { rows: initialTable.rows, dimension: initialTable.dimension },
    body: train.body,
    head: 'softmax',
    classes: labels.length,
    masked: true,
  };
}
