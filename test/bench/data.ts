import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readVectors, type WordVectors } from '../../src/core/embedding/vectors.ts';
import { tableOfVectors } from '../../src/core/embedding/vectorsTable.ts';
import { Random } from '../../src/core/random.ts';
import { textDefaults } from '../../src/core/recipe/defaults.ts';
import type { DataSource } from '../../src/core/recipe/recipe.ts';
import { readRows } from '../../src/core/text/dataset.ts';
import { encodeDataset } from '../../src/core/text/encode.ts';
import type { EncodedDataset } from '../../src/core/text/encoded.ts';
import { KnownLabels } from '../../src/core/text/labels.ts';
import { Lexicon } from '../../src/core/text/lexicon.ts';
import { paddingWord, Vocabulary, type WordIndex } from '../../src/core/text/vocabulary.ts';

export const dataFolder = resolve('.cache/bench');
export const vectorsPath = resolve('.cache/data/glove.6B.100d.bin');
export const dimension = 100;
const token = textDefaults.outOfVocabularyToken;
const text = { ...textDefaults, tokenizer: 'whitespace' } as const;

/** The three parts of SST-2, as a recipe has them. */
export const parts = { train: sst('train'), validation: sst('dev'), test: sst('test') };

function sst(part: string): DataSource {
  const path = resolve(`../shared/datasets/stsa.binary.${part}`);
  return { path, format: 'label-text', textColumn: 'text', labelColumn: 'label', encoding: 'utf-8' };
}

/**
 * Writes what ours and the peers read alike, the sentences as table rows and the tables, once with all words of SST-2
 * (`small`) and once with all words of GloVe (`large`), and the sentences as fastText wants them.
 */
export async function writeData(): Promise<void> {
  const lexicon = new Lexicon(token);
  for (const source of Object.values(parts)) await encode(source, lexicon);
  const glove = await readVectors(vectorsPath, undefined, dimension);
  const others = glove.words.filter((word) => word !== paddingWord && word !== token);
  await writeTable('small', new Vocabulary(lexicon.words, token), glove);
  await writeTable('large', new Vocabulary([paddingWord, token, ...others], token), glove);
  await writeFastText(lexicon.words, glove);
}

async function writeTable(name: string, vocabulary: Vocabulary, glove: WordVectors): Promise<void> {
  const folder = join(dataFolder, name);
  await mkdir(folder, { recursive: true });
  for (const [part, source] of Object.entries(parts)) {
    const [chunk] = (await encode(source, vocabulary)).chunks();
    if (chunk === undefined) throw new Error(`${part} has no sentence.`);
    const { ids, offsets, labels } = chunk;
    await writeFile(join(folder, `${part}.ids`), ids);
    await writeFile(join(folder, `${part}.offsets`), offsets);
    await writeFile(join(folder, `${part}.labels`), labels);
  }
  const { words, unknownId } = vocabulary;
  const { data } = tableOfVectors(words, unknownId, glove, dimension, new Random(1));
  await writeFile(join(folder, 'table'), data);
  await writeFile(join(folder, 'vocabulary.txt'), words.join('\n') + '\n');
}

function encode(source: DataSource, words: WordIndex): Promise<EncodedDataset> {
  return encodeDataset(source, { text, words }, new KnownLabels(['0', '1']));
}

async function writeFastText(words: readonly string[], glove: WordVectors): Promise<void> {
  for (const [part, source] of Object.entries(parts)) {
    const lines: string[] = [];
    for await (const row of readRows(source))
      lines.push(`__label__${row.label} ${row.texts.join(' ').toLowerCase()}\n`);
    await writeFile(join(dataFolder, `fasttext.${part}`), lines.join(''));
  }
  const wanted = new Set(words);
  const lines = glove.words.flatMap((word, i) =>
    wanted.has(word)
      ? [`${word} ${glove.data.subarray(i * dimension, (i + 1) * dimension).join(' ')}\n`]
      : [],
  );
  await writeFile(join(dataFolder, 'fasttext.vec'), `${lines.length} ${dimension}\n${lines.join('')}`);
}
