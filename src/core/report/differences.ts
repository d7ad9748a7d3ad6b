import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { Engine } from '../engine/engine.ts';
import { Classifier } from '../model/classifier.ts';
import type { DataSource, Recipe } from '../recipe/recipe.ts';
import { prepareData, type PreparedData } from '../sweep/prepare.ts';
import { readRows } from '../text/dataset.ts';
import type { EncodedDataset } from '../text/encoded.ts';
import { predictDataset, predictionsEach, predictionsOf } from '../training/evaluate.ts';
import { countInto, emptyConfusion, LabelCounts } from '../training/metrics.ts';
import { createPause } from '../training/pause.ts';
import type { Differences, Flip, LabelFigures } from './reports.ts';

/** Sentences listed at most; all are counted. */
const mostFlips = 2000;

/**
 * Which sentences two models of one recipe classify differently.
 *
 * @param before the model that `after` was made from; its vocabulary and labels serve for both
 * @param part the test data, or the validation data where the recipe has no test data
 * @throws UserError as `prepareData` does
 */
export async function differences(options: {
  readonly recipe: Recipe;
  readonly before: Checkpoint;
  readonly after: Checkpoint;
  readonly part: Differences['part'];
  readonly engine: Engine;
}): Promise<Differences> {
  const { recipe, before, after, engine } = options;
  const prepared = await prepareData(recipe, before);
  const part = prepared.test === undefined ? 'validation' : options.part;
  const data = dataOf(prepared, part);
  const several = before.spec.head === 'multi-label';
  const each = predictionsEach(before.spec);
  const sets = new SetNames(prepared.labels);
  const counts = { corrected: 0, broken: 0, otherwise: 0 };
  const { classes } = before.spec;
  const [confusionBefore, confusionAfter] = [emptyConfusion(classes), emptyConfusion(classes)];
  const [labelsBefore, labelsAfter] = [new LabelCounts(classes), new LabelCounts(classes)];
  let flips: Omit<Flip, 'text'>[] = [];
  const [modelBefore, modelAfter] = [before, after].map(
    ({ spec, weights }) => new Classifier(engine, spec, weights),
  ) as [Classifier, Classifier];
  for await (const { batch, actual, predicted } of predictDataset(modelBefore, data, createPause())) {
    const { predicted: predictedAfter } = predictionsOf(modelAfter, batch);
    if (several) {
      labelsBefore.add(actual, predicted);
      labelsAfter.add(actual, predictedAfter);
    } else {
      countInto(confusionBefore, actual, predicted);
      countInto(confusionAfter, actual, predictedAfter);
    }
    for (let i = 0; i < batch.size; i++) {
      const isFlipped = Array.from({ length: each }, (_, c) => i * each + c).some(
        (at) => predicted[at] !== predictedAfter[at],
      );
      if (!isFlipped) continue;
      const classOf = (of: ArrayLike<number>): number =>
        several ? sets.indexOf(of, i * each) : (of[i] ?? 0);
      const flip = {
        line: batch.lines[i]!,
        label: classOf(actual),
        before: classOf(predicted),
        after: classOf(predictedAfter),
      };
      counts[kindOf(flip)]++;
      flips.push(flip);
    }
    if (flips.length > 2 * mostFlips) flips = firstOf(flips);
  }
  flips = firstOf(flips);
  const texts = await textsAt(sourceOf(recipe, part), new Set(flips.map(({ line }) => line)));
  return {
    part,
    sentences: data.sentences,
    ...(several
      ? { classes: sets.names, labels: figuresOf(prepared.labels, labelsBefore, labelsAfter) }
      : { classes: prepared.labels, confusionBefore, confusionAfter }),
    ...counts,
    flips: flips.map((flip): Flip => ({ text: texts.get(flip.line) ?? '', ...flip })),
  };
}

function figuresOf(names: readonly string[], before: LabelCounts, after: LabelCounts): LabelFigures[] {
  const [sentences, first, second] = [before.sentences(), before.f1(), after.f1()];
  return names.map((name, i) => ({ name, sentences: sentences[i]!, before: first[i]!, after: second[i]! }));
}

/** Names of the sets of labels that are met, numbered as they are. */
class SetNames {
  readonly names: string[] = [];
  readonly #labels: readonly string[];
  readonly #indices = new Map<string, number>();

  constructor(labels: readonly string[]) {
    this.#labels = labels;
  }

  /** @param decisions 1 for each label that a sentence has, from `at` on */
  indexOf(decisions: ArrayLike<number>, at: number): number {
    const name = this.#labels.filter((_, c) => decisions[at + c] === 1).join('|');
    let index = this.#indices.get(name);
    if (index === undefined) {
      index = this.names.push(name) - 1;
      this.#indices.set(name, index);
    }
    return index;
  }
}

function kindOf({ label, before, after }: Omit<Flip, 'text'>): 'corrected' | 'broken' | 'otherwise' {
  return after === label ? 'corrected' : before === label ? 'broken' : 'otherwise';
}

/** Those that come first in the file. */
function firstOf(flips: Omit<Flip, 'text'>[]): Omit<Flip, 'text'>[] {
  return flips.sort((a, b) => a.line - b.line).slice(0, mostFlips);
}

function dataOf({ validation, test }: PreparedData, part: Differences['part']): EncodedDataset {
  return part === 'test' && test !== undefined ? test : validation;
}

/** The file of a part; a fraction or a fold lies in the training data's. */
function sourceOf({ data }: Recipe, part: Differences['part']): DataSource {
  const source = part === 'test' ? data.test : data.validation;
  return source !== undefined && 'path' in source ? source : data.train;
}

/** Texts by the lines where they begin, several of a sentence side by side: what is encoded has lost them. */
async function textsAt(source: DataSource, lines: ReadonlySet<number>): Promise<Map<number, string>> {
  const texts = new Map<number, string>();
  if (lines.size === 0) return texts;
  for await (const row of readRows(source, true)) {
    if (lines.has(row.line)) texts.set(row.line, row.texts.join(' ‖ '));
    if (texts.size === lines.size) break;
  }
  return texts;
}
