import type { ModelSpec, Weights } from '../checkpoint/checkpoint.ts';
import { furtherTables, unfactorized } from '../checkpoint/graph/tables.ts';
import { embeddingBytes, layerCosts, totalCost } from '../cost/cost.ts';
import { frozenColumns } from '../embedding/channels.ts';
import { createEngine } from '../engine/createEngine.ts';
import type { Engine, EngineName } from '../engine/engine.ts';
import type { KernelSharing } from '../engine/kernels.ts';
import { UserError } from '../errors.ts';
import { Classifier } from '../model/classifier.ts';
import { withTrained } from '../model/usedRows.ts';
import type { Recipe, TrainingSettings } from '../recipe/recipe.ts';
import { meanLength, type EncodedDataset } from '../text/encoded.ts';
import { withDrawn } from '../search/drawSettings.ts';
import { measureLatency } from '../report/latency.ts';
import { createPause, StoppedError, type Hold, type Pause } from '../training/pause.ts';
import { Trainer, weightsOfState } from '../training/trainer.ts';
import { prepareData, type PreparedData } from './prepare.ts';
import type { Preparation, SavedState, TestReport, TrialRunner, TrialStorage } from './runner.ts';
import { newSpec, StartingModels } from './startingModels.ts';
import { testModel } from './testModel.ts';
import { trialEpochs } from './plan.ts';
import type { Trial, TrialEvent, TrialResult } from './trial.ts';
import { savingInterval, TrialSaver } from './trialSaver.ts';

type Emit = (event: TrialEvent) => void;

/** Step events an epoch at most; the panel draws no more than it can show. */
const stepEventsPerEpoch = 100;
/** An accuracy this far below the expected one means that vocabulary or tokenizer do not fit. */
const expectedAccuracySlack = 0.02;

/** Starts the engine; data is read at the first call that needs it and kept for the next trial. */
export function createTrialRunner(options: {
  readonly recipe: Recipe;
  readonly engine: EngineName | 'auto';
  /** Holds the trials and reports. */
  readonly hold?: Hold;
  /** Of the data as table rows, which the processes of a run share. */
  readonly dataFolder?: string;
  /** Threads that call the kernels, too. */
  readonly sharing?: KernelSharing | undefined;
  /** Between two states of a trial, in ms at least. */
  readonly savingInterval?: number;
}): TrialRunner {
  return new SweepRunner(options);
}

class SweepRunner implements TrialRunner {
  readonly engine: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly #recipe: Recipe;
  readonly #engine: Engine;
  readonly #pause: Pause;
  readonly #dataFolder: string | undefined;
  readonly #savingInterval: number;
  #data: PreparedData | undefined;
  readonly #models: StartingModels;
  /** The uncompressed model's. */
  #spec: ModelSpec | undefined;

  constructor(options: Parameters<typeof createTrialRunner>[0]) {
    const engine = createEngine(options.engine, options.sharing);
    this.#recipe = options.recipe;
    this.#dataFolder = options.dataFolder;
    this.#savingInterval = options.savingInterval ?? savingInterval;
    this.#engine = engine;
    this.#pause = createPause(options.hold);
    this.engine = engine.name;
    this.versions = engine.versions;
    this.#models = new StartingModels(options.recipe, engine, this.#pause);
  }

  async prepare(): Promise<Preparation> {
    const data = await this.#prepareData();
    const spec = this.#dense();
    const tokens = meanLength(data.validation);
    const costs = layerCosts(spec, tokens);
    const embeddingShare = embeddingBytes(costs) / totalCost(costs).storageBytes;
    const warnings = [...data.warnings];
    if (this.#recipe.compress.length > 0 && embeddingShare < 0.5) {
      const percent = (100 * embeddingShare).toFixed(0);
      warnings.push(
        `The embedding is only ${percent} % of this model's parameters, so at best the model shrinks by ${percent} %.`,
      );
    }
    return {
      train: data.train.sentences,
      validation: data.validation.sentences,
      test: data.test?.sentences ?? 0,
      classes: data.labels,
      spec,
      meanLength: tokens,
      embeddingShare,
      warnings,
    };
  }

  async run(trial: Trial, storage: TrialStorage, emit: Emit, until = Infinity): Promise<TrialResult> {
    const opened: Classifier[] = [];
    try {
      return await this.#run(trial, storage, emit, until, opened);
    } finally {
      for (const model of opened) model.dispose();
    }
  }

  /** @param opened to which every model is added whose memory is of no use after the trial */
  async #run(
    trial: Trial,
    storage: TrialStorage,
    emit: Emit,
    until: number,
    opened: Classifier[],
  ): Promise<TrialResult> {
    const started = this.#pause.now();
    const data = await this.#prepareData(trial, storage);
    const saved = await storage.loadState(trial.id);
    // A trial that goes on is described by what it has saved; nothing is factorized again.
    const start =
      saved === undefined
        ? await this.#models.of(trial, storage, data, (text) => {
            emit({ type: 'message', level: 'warning', text: `${trial.id}: ${text}` });
          })
        : await storage.loadBest(trial.id);
    const trained = trial.from === undefined;
    const given: TrainingSettings | undefined = trained ? this.#recipe.train : this.#recipe.retrain;
    const settings = given && withDrawn(given, trial.training);
    const epochs = Math.min(until, trialEpochs(this.#recipe, trial));
    const weights =
      saved === undefined ? start.weights : withTrained(start.weights, weightsOfState(saved), data.used);
    // A table that training was told to keep is moved in retraining, for the control as for the factors.
    const { train } = this.#recipe;
    const frozen = trained && train ? frozenColumns(train.embedding) : 0;
    const teacher = epochs > 0 ? await this.#models.teacher(trial, storage, data) : undefined;
    const open = (from: Weights): { readonly model: Classifier; readonly trainer: Trainer } => {
      const model = new Classifier(this.#engine, start.spec, from, settings?.optimizer, {
        frozenColumns: frozen,
        trainable: settings?.trainable,
        used: data.used,
      });
      opened.push(model);
      const trainer = new Trainer({
        model,
        settings: settings ?? { ...this.#recipe.retrain, epochs: 0 },
        train: data.train,
        validation: data.validation,
        seed: trial.seed,
        pause: this.#pause,
        teacher,
      });
      return { model, trainer };
    };
    let { model, trainer } = open(weights);
    const saver = new TrialSaver({
      trial: trial.id,
      storage,
      start,
      used: data.used,
      pause: this.#pause,
      since: started,
      interval: this.#savingInterval,
    });
    const refreshAfter = this.#models.refreshAfter(trial);
    let seconds = 0;
    let before: number | undefined;
    if (saved === undefined) {
      before = await trainer.validate();
      if (trial.kind === 'baseline' && this.#recipe.model !== undefined) this.#checkExpected(before);
      trainer.acceptStart(before);
      emit({ type: 'evaluation', trial: trial.id, validationAccuracy: before });
      await saver.keepBest(model);
    } else {
      trainer.restore(saved);
      before = saved.meta.before as number;
      seconds = saved.meta.seconds as number;
    }
    let mark = started;
    while (trainer.epochsDone < epochs) {
      if (trainer.epochsDone === refreshAfter) {
        const anew = await this.#models.again(trial, storage, data, model.weights()).catch(unlessStopped);
        if (anew === undefined) break;
        const refreshed = open(anew.weights);
        refreshed.trainer.goOnFrom(trainer);
        ({ model, trainer } = refreshed);
      }
      const steps = stepReporter(trial.id, data.train, settings?.batchSize ?? 1, emit);
      const epoch = await trainer.epoch(steps).catch(unlessStopped);
      if (epoch === undefined) break;
      seconds += (this.#pause.now() - mark) / 1000;
      mark = this.#pause.now();
      emit({
        type: 'epoch',
        trial: trial.id,
        epoch: epoch.epoch,
        epochs,
        loss: epoch.loss,
        validationAccuracy: epoch.validationAccuracy,
        seconds: epoch.seconds,
      });
      if (epoch.best) await saver.keepBest(model);
      const state = (): SavedState => withMeta(trainer.state(), { before, seconds });
      // One that ends before its time goes on later.
      if (trainer.epochsDone === until) await saver.saveState(state());
      else await saver.keepState(state);
    }
    await saver.finish();
    // What a coding takes may depend on what it holds: it is the best epoch's that counts.
    const best = start.spec.embedding.coding ? (await storage.loadBest(trial.id)).weights : undefined;
    const layers = layerCosts(start.spec, meanLength(data.validation), best);
    const { parameters, storageBytes, flopsPerSentence } = totalCost(layers);
    const { id, from: _from, ...point } = trial;
    const { rank } = start.spec.embedding;
    const ranks = furtherTables(start.spec.body).flatMap((table) =>
      trial.ranks?.[table.name] === undefined ? [] : [[table.name, table.rank ?? 0] as const],
    );
    return {
      ...point,
      trial: id,
      // The table may have less to keep than was asked for.
      ...(rank !== undefined && { rank }),
      ...(ranks.length > 0 && { ranks: Object.fromEntries(ranks) }),
      ...(trial.kind === 'point' && { reduction: 1 - embeddingBytes(layers) / this.#tableBytes() }),
      parameters,
      storageBytes,
      embeddingBytes: embeddingBytes(layers),
      flopsPerSentence,
      layers,
      // A model that starts from random weights has no accuracy before its training.
      ...(!(trained && this.#recipe.train) && { validationAccuracyBefore: before }),
      validationAccuracy: trainer.bestAccuracy,
      bestEpoch: trainer.bestEpoch,
      epochs: trainer.epochsDone,
      seconds: seconds + (this.#pause.now() - mark) / 1000,
    };
  }

  async report(trial: Trial, storage: TrialStorage): Promise<TestReport> {
    const { test, validation } = await this.#prepareData(trial, storage);
    const { spec, weights } = await storage.loadBestModel(trial.id);
    const model = new Classifier(this.#engine, spec, weights);
    // The weights do not matter to it: of models that differ in their seed alone the first one's is taken.
    const measured = trial.seed === this.#recipe.retrain.seeds[0];
    try {
      return {
        ...(measured && { latency: measureLatency(model, test ?? validation) }),
        ...(test && (await testModel(model, test, this.#pause))),
      };
    } finally {
      model.dispose();
    }
  }

  dispose(): void {
    for (const part of ['train', 'validation', 'test'] as const) this.#data?.[part]?.close();
    this.#data = undefined;
  }

  /** Reads the data once; for a trial with a parent the parent's checkpoint brings vocabulary and labels. */
  async #prepareData(trial?: Trial, storage?: TrialStorage): Promise<PreparedData> {
    if (this.#data !== undefined) return this.#data;
    const source =
      trial?.from !== undefined && storage !== undefined
        ? await this.#models.parent(trial.from, storage)
        : await this.#models.loaded();
    this.#data = await prepareData(this.#recipe, source, this.#dataFolder);
    this.#spec = source?.spec ?? newSpec(this.#recipe, this.#data);
    return this.#data;
  }

  #dense(): ModelSpec {
    if (this.#spec === undefined) throw new Error('The data is not read yet.');
    return this.#spec;
  }

  #tableBytes(): number {
    return embeddingBytes(layerCosts(unfactorized(this.#dense()), 0));
  }

  #checkExpected(found: number): void {
    const expected = this.#recipe.expectedAccuracy;
    if (expected === undefined || found >= expected - expectedAccuracySlack) return;
    throw new UserError(
      'accuracy-below-expected',
      `The model as loaded scores ${found.toFixed(3)} on the validation data, where ${expected} was expected.`,
      'Its vocabulary, tokenizer or label order does not fit: check "vocabulary", "text" and "labels" in the recipe.',
      { file: this.#recipe.path, item: 'expectedAccuracy' },
    );
  }
}

/** Passes on at most `stepEventsPerEpoch` steps an epoch, evenly. */
function stepReporter(
  trial: string,
  train: EncodedDataset,
  batchSize: number,
  emit: Emit,
): (step: { step: number; epoch: number; rate: number; loss: number }) => void {
  const every = Math.max(1, Math.ceil(train.sentences / batchSize / stepEventsPerEpoch));
  return (step) => {
    if (step.step % every === 0) emit({ type: 'step', trial, ...step });
  };
}

function withMeta({ tensors, meta }: SavedState, more: SavedState['meta']): SavedState {
  return { tensors, meta: { ...meta, ...more } };
}

function unlessStopped(error: unknown): undefined {
  if (!(error instanceof StoppedError)) throw error;
}
