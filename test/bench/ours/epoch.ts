import { Classifier } from '../../../src/core/model/classifier.ts';
import { usedRows } from '../../../src/core/model/usedRows.ts';
import { Random } from '../../../src/core/random.ts';
import { optimizerDefaults } from '../../../src/core/recipe/defaults.ts';
import { trainingBatches } from '../../../src/core/text/batches.ts';
import type { Measures } from '../lineWorker.ts';
import { engineOf, newModel, once, sentences, type ModelRequest } from './model.ts';

export type EpochRequest = ModelRequest;

const batchSize = 64;
const rate = 1e-3;

/** Seconds of an epoch; each goes on from the one before. */
export function epoch(request: EpochRequest): Measures {
  const engine = engineOf(request.engine);
  const train = sentences(request.folder, 'train');
  const { model, random } = once(JSON.stringify(request), () => {
    const { spec, weights } = newModel(request);
    const used = usedRows([train], spec.embedding.rows);
    return {
      model: new Classifier(engine, spec, weights, optimizerDefaults.adam, { used }),
      random: new Random(1),
    };
  });
  const dropout = { units: 0, words: 0, random };
  const started = performance.now();
  for (const batch of trainingBatches(train, batchSize, random)) model.trainStep(batch, rate, dropout);
  return { seconds: (performance.now() - started) / 1000 };
}
