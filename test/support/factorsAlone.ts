import assert from 'node:assert/strict';
import type { ModelSpec, Weights } from '../../src/core/checkpoint/checkpoint.ts';
import { tablesOf } from '../../src/core/checkpoint/graph/tables.ts';
import type { Engine } from '../../src/core/engine/engine.ts';
import { Classifier } from '../../src/core/model/classifier.ts';
import { Random } from '../../src/core/random.ts';
import { optimizerDefaults } from '../../src/core/recipe/defaults.ts';
import type { Batch } from '../../src/core/text/encoded.ts';

/**
 * A step of the embedding alone moves it, bit for bit, as a step of all weights does, leaves every other weight as it
 * was, and remembers moments of what it moves.
 */
export function checkFactorsAlone(engine: Engine, spec: ModelSpec, weights: Weights, batch: Batch): void {
  const modelOf = (trainable: 'all' | 'factors'): Classifier => {
    const copy = new Map(
      [...weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
    );
    const model = new Classifier(engine, spec, copy, optimizerDefaults.adam, { trainable });
    model.trainStep(batch, 0.01, { units: 0, words: 0, random: new Random(1) });
    return model;
  };
  const [all, alone] = [modelOf('all'), modelOf('factors')];
  const bits = (data: Float32Array): Uint32Array => new Uint32Array(data.slice().buffer);
  const after = alone.weights();
  const together = all.weights();
  const prefixes = tablesOf(spec).map(({ prefix }) => `${prefix}/`);
  const isOfEmbedding = (name: string): boolean => prefixes.some((prefix) => name.startsWith(prefix));
  const movedOnes = [...weights].flatMap(([name, { data }]) =>
    moved(data, together.get(name)!.data) ? [name] : [],
  );
  assert.ok(movedOnes.some(isOfEmbedding) && !movedOnes.every(isOfEmbedding), movedOnes.join());
  for (const [name, { data }] of weights) {
    const own = after.get(name)!.data;
    assert.deepEqual(bits(own), bits(isOfEmbedding(name) ? together.get(name)!.data : data), name);
  }
  const remembered = (model: Classifier): string[] => [...model.optimizerState().keys()];
  assert.ok(remembered(all).some((name) => !isOfEmbedding(name)));
  assert.deepEqual(remembered(alone), remembered(all).filter(isOfEmbedding));
}

function moved(before: Float32Array, after: Float32Array): boolean {
  return before.some((value, i) => value !== after[i]);
}
