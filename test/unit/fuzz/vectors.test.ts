import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readVectors } from '../../../src/core/embedding/vectors.ts';
import { npyHeader } from '../../../src/core/embedding/vectorsNpy.ts';
import { openVectorsFile, vectorsKind } from '../../../src/core/embedding/vectorsSource.ts';
import { bytesOf } from '../../../src/core/checkpoint/replaceFile.ts';
import { fuzz } from '../../support/fuzz.ts';
import { mutated } from '../../support/mutate.ts';

const words = ['the', 'a', 'café', '日本', "don't", '...', 'x'];
const dimension = 5;
const data = Float32Array.from({ length: words.length * dimension }, (_, i) => Math.sin(i));
const rowOf = (i: number): Float32Array => data.slice(i * dimension, (i + 1) * dimension);
const lines = words.map((word, i) => `${word} ${[...rowOf(i)].join(' ')}\n`).join('');
const header = `${words.length} ${dimension}\n`;
const text = Buffer.from(`. . ${[...rowOf(0)].join(' ')}\n${lines}`);
const binary = (between: string): Buffer =>
  Buffer.concat([
    Buffer.from(header),
    ...words.flatMap((word, i) => [Buffer.from(`${word} `), bytesOf(rowOf(i)), Buffer.from(between)]),
  ]);

const formats: readonly (readonly [name: string, file: string, whole: readonly Buffer[]])[] = [
  ['GloVe text', 'glove.txt', [text, Buffer.from(lines)]],
  ['word2vec text', 'word2vec.txt', [Buffer.from(header + lines)]],
  ['fastText .vec', 'wiki.vec', [Buffer.from(header + lines.replaceAll('\n', ' \n'))]],
  ['word2vec binary', 'vectors.bin', [binary(''), binary('\n')]],
  ['.npy', 'vectors.npy', [Buffer.concat([npyHeader(words.length, dimension), bytesOf(data)])]],
];

describe('fuzz: word vectors', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-fuzz-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  for (const [name, file, whole] of formats) {
    const path = (): string => join(folder, file);
    fuzz(name, {
      path,
      mutation: (random, round) => mutated(whole[round % whole.length]!, random),
      async read() {
        const [rowsFile, wordsFile] = [`${path()}.rows`, `${path()}.words`];
        await rm(rowsFile, { force: true });
        await rm(wordsFile, { force: true });
        const source = await openVectorsFile(path(), { rowsFile, wordsFile });
        await source.readRows(0, source.rows);
        if (vectorsKind(file) !== 'matrix') {
          await readVectors(path(), undefined, dimension);
          await readVectors(path(), new Set(['a']), dimension);
        }
      },
    });
  }
});
