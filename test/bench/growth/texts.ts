import { open } from 'node:fs/promises';
import { writeAll } from '../../../src/core/checkpoint/replaceFile.ts';
import { Random } from '../../../src/core/random.ts';
import type { Size } from './axes.ts';

const sentenceWords = 20;
const linesAtOnce = 10_000;

/** Made-up words, the most frequent ones the shortest. */
function wordAt(row: number): string {
  return `w${row.toString(36)}`;
}

/** A word a line, after the padding and the unknown word. */
export async function writeVocabulary(path: string, words: number): Promise<void> {
  await writeLines(path, words, (i) => (i === 0 ? '<pad>' : i === 1 ? '<unk>' : wordAt(i)));
}

/** Labelled sentences: words as often as Zipf's law has them, and one that tells the label. */
export async function writeSentences(path: string, { sentences, words }: Size): Promise<void> {
  const random = new Random(sentences, words);
  await writeLines(path, sentences + 1, (i) => {
    if (i === 0) return 'label\ttext';
    const label = random.integer(2);
    // The logarithm of the rank is uniform where the probability is 1 / rank.
    const drawn = Array.from({ length: sentenceWords - 1 }, () =>
      wordAt(2 + Math.floor((words - 2) ** random.uniform())),
    );
    return `${label}\t${drawn.join(' ')} ${wordAt(2 + label)}`;
  });
}

async function writeLines(path: string, count: number, line: (i: number) => string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let from = 0; from < count; from += linesAtOnce) {
      const length = Math.min(linesAtOnce, count - from);
      const lines = Array.from({ length }, (_, i) => `${line(from + i)}\n`);
      await writeAll(file, Buffer.from(lines.join('')));
    }
  } finally {
    await file.close();
  }
}
