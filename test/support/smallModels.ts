import type { Body, Checkpoint } from '../../src/core/checkpoint/checkpoint.ts';
import type { WrittenFormat } from '../../src/core/checkpoint/fileNames.ts';
import { lackOfLayers } from '../../src/core/checkpoint/folder.ts';
import { graphCases } from './graphCases.ts';
import { randomCheckpoint } from './randomCheckpoint.ts';

const bodies: readonly Body[] = [
  { kind: 'dan', hidden: [3] },
  { kind: 'lstm', units: 2, pooling: 'last', peepholes: false, hidden: [] },
  { kind: 'bilstm', units: 2, pooling: 'mean', hidden: [] },
  { kind: 'cnn', widths: [2, 3], filters: 2, hidden: [] },
];
/** Of `graphCases`: together they have every kind of layer that a config says something of. */
const graphs = [
  'a TextCNN',
  'mean and maximum of a BiLSTM, with a residual',
  'BatchNormalization, then windows and a Flatten',
  'parts of the embedding side by side with others',
];

/** Models of all kinds, of a few rows, that a format can hold. */
export function smallModels(format: WrittenFormat): Checkpoint[] {
  const plain = bodies.map((body) =>
    randomCheckpoint({
      embedding: { rows: 5, dimension: 3, ...(body.kind === 'lstm' && { rank: 2 }) },
      body,
      head: 'softmax',
      classes: 2,
      masked: true,
    }),
  );
  const layered = graphCases()
    .filter(({ name }) => graphs.includes(name))
    .map(({ spec, weights }): Checkpoint => ({
      spec,
      weights,
      text: undefined,
      vocabulary: undefined,
      labels: undefined,
    }));
  return [...plain, ...layered].filter(({ spec }) => lackOfLayers(spec, format) === undefined);
}
