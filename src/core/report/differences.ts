import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { Engine } from '../engine/engine.ts';
import { Classifier } from '../model/classifier.ts';
import type { DataSource, Recipe } from '../recipe/recipe.ts';
import { prepareData, type PreparedData } from '../sweep/prepare.ts';
import { readRows } from '../text/dataset.ts';
import { sentenceCount, type EncodedDataset } from '../text/encoded.ts';
import { predictDataset } from '../training/evaluate.ts';
import { confusionMatrix } from '../training/metrics.ts';
import { createPause } from '../training/pause.ts';
import type { Differences, Flip } from './reports.ts';

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
  const predictedBefore = await predict(engine, before, data);
  const predictedAfter = await predict(engine, after, data);
  const flipped = [...predictedBefore.keys()].filter((i) => predictedBefore[i] !== predictedAfter[i]);
  const corrected = flipped.filter((i) => predictedAfter[i] === data.labels[i]).length;
  const broken = flipped.filter((i) => predictedBefore[i] === data.labels[i]).length;
  const listed = flipped.slice(0, mostFlips);
  const texts = await textsAt(sourceOf(recipe, part), new Set(listed.map((i) => data.lines[i]!)));
  const classes = prepared.labels;
  return {
    part,
    sentences: sentenceCount(data),
    classes,
    confusionBefore: confusionMatrix(data.labels, predictedBefore, classes.length),
    confusionAfter: confusionMatrix(data.labels, predictedAfter, classes.length),
    corrected,
    broken,
    otherwise: flipped.length - corrected - broken,
    flips: listed.map((i): Flip => ({
      text: texts.get(data.lines[i]!) ?? '',
      line: data.lines[i]!,
      label: data.labels[i]!,
      before: predictedBefore[i]!,
      after: predictedAfter[i]!,
    })),
  };
}

function dataOf({ validation, test }: PreparedData, part: Differences['part']): EncodedDataset {
  return part === 'test' && test !== undefined ? test : validation;
}

/** The file of a part; a fraction or a fold lies in the training data's. */
function sourceOf({ data }: Recipe, part: Differences['part']): DataSource {
  const source = part === 'test' ? data.test : data.validation;
  return source !== undefined && 'path' in source ? source : data.train;
}

async function predict(
  engine: Engine,
  { spec, weights }: Checkpoint,
  data: EncodedDataset,
): Promise<Int32Array> {
  const model = new Classifier(engine, spec, weights);
  return await predictDataset(model, data, createPause());
}

/** Texts by the lines where they begin: what is encoded has lost them. */
async function textsAt(source: DataSource, lines: ReadonlySet<number>): Promise<Map<number, string>> {
  const texts = new Map<number, string>();
  if (lines.size === 0) return texts;
  for await (const { line, text } of readRows(source)) {
    if (lines.has(line)) texts.set(line, text);
    if (texts.size === lines.size) break;
  }
  return texts;
}
