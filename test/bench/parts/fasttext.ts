import { dataFolder, dimension, vectorsPath } from '../data.ts';
import { seconds, threadGroup, type Contestant, type Part } from '../part.ts';
import { onSst, press } from '../press.ts';

const group = threadGroup(2);
const engine = 'wasm';

/** A deep averaging network as recipes train it by default, and compressed at one rank. */
function ours(vectors: boolean, rank?: number): Contestant {
  const recipe = {
    train: { architecture: 'dan', embedding: { dimension, ...(vectors && { vectors: vectorsPath }) } },
    ...onSst,
    ...(rank !== undefined && { compress: { ranks: [rank] } }),
  };
  const size = rank === undefined ? 'uncompressed' : `rank ${rank}`;
  return {
    name: `ours, ${vectors ? 'GloVe, ' : ''}${size}`,
    ours: true,
    form: rank === undefined ? 'whole' : 'compressed',
    group,
    measure: async () => {
      const { seconds, results, modelBytes } = await press(recipe, { engine });
      const tested = rank === undefined ? results?.baseline : results?.points[0];
      const bytes = modelBytes.get(rank === undefined ? 'uncompressed' : `task-k${rank}`) ?? NaN;
      return { seconds, accuracy: tested?.testAccuracy ?? NaN, megabytes: bytes / 1e6 };
    },
  };
}

export const fasttextPart: Part = {
  name: 'fasttext',
  title: 'Beside fastText',
  about: `From the text to the model on SST-2: seconds, accuracy on the test sentences and megabytes of the model's files, words included. fastText: supervised, 100 dimensions, 25 epochs, bigrams; quantized with so many features kept, retrained. Ours: the ${engine} engine and a recipe's defaults, words that occur in training; a compressed model's time includes the uncompressed one's training and the control's, and is compared with quantized models.`,
  columns: [
    seconds('seconds', 1),
    { key: 'accuracy', title: 'test accuracy', digits: 3 },
    { key: 'megabytes', title: 'MB', digits: 2 },
  ],
  warmUp: false,
  contestants(workers) {
    const fasttext = (name: string, request: Readonly<Record<string, unknown>>): Contestant => ({
      name: `fastText${name}`,
      ours: false,
      form: 'cutoff' in request ? 'compressed' : 'whole',
      group,
      measure: () => workers.of('fasttext', 2).ask({ run: 'supervised', folder: dataFolder, ...request }),
    });
    return [
      ours(false),
      ours(false, 4),
      ours(true),
      ours(true, 9),
      ours(true, 4),
      ours(true, 1),
      fasttext('', {}),
      fasttext(', quantized, 10,000 features', { cutoff: 10_000 }),
      fasttext(', quantized, 100,000 features', { cutoff: 100_000 }),
      fasttext(', GloVe', { vectors: true }),
      fasttext(', GloVe, quantized, 10,000 features', { vectors: true, cutoff: 10_000 }),
      fasttext(', GloVe, quantized, 100,000 features', { vectors: true, cutoff: 100_000 }),
    ];
  },
};
