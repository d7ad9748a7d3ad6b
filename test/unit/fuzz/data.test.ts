import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from '../../../src/core/recipe/recipe.ts';
import { textDefaults } from '../../../src/core/recipe/defaults.ts';
import { encodeDataset, type Encoding } from '../../../src/core/text/encode.ts';
import { FoundLabels } from '../../../src/core/text/labels.ts';
import { Vocabulary } from '../../../src/core/text/vocabulary.ts';
import { fuzz } from '../../support/fuzz.ts';
import { mutated, mutatedJson } from '../../support/mutate.ts';

const rows: readonly (readonly [label: string, text: string])[] = [
  ['good', 'A fine film.'],
  ['bad', 'No, not "again", ever'],
  ['good', 'café 日本'],
  ['bad', 'it is 12 minutes too long'],
];
const objects = rows.map(([label, text]) => ({ label, text, more: [1, { a: null }] }));
const indexed = rows.map(([label], i) => ({ label: label === 'good', text: [1, 2 + i, 3] }));
const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`;
const csv = ['label,text', ...rows.map((row) => row.map(quoted).join(','))].join('\n');

const words = new Vocabulary(['<pad>', '<unk>', 'film', 'fine'], '<unk>');

describe('fuzz: data', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-fuzz-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  function fuzzData(
    name: string,
    format: DataSource['format'],
    mutation: Parameters<typeof fuzz>[1]['mutation'],
    tokenizer: 'words' | 'ids' = 'words',
    columns: Partial<DataSource> = {},
    layouts?: Encoding['layouts'],
  ): void {
    const path = (): string => join(folder, `data.${format}`);
    fuzz(name, {
      path,
      mutation,
      async read() {
        const source = { path: path(), format, textColumn: 'text', labelColumn: 'label', ...columns };
        for (const encoding of ['utf-8', 'latin1'] as const) {
          const data = await encodeDataset(
            { ...source, encoding },
            {
              text: { ...textDefaults, tokenizer },
              ...(tokenizer === 'ids' ? { rows: 8 } : { words }),
              layouts,
            },
            new FoundLabels(),
            folder,
          );
          data.close();
        }
      },
    });
  }
  const bytes = (text: string) => (random: Parameters<typeof mutated>[1]) =>
    mutated(Buffer.from(text), random);
  const linesOf = (values: readonly unknown[]): string => values.map((row) => JSON.stringify(row)).join('\n');

  fuzzData('TSV', 'tsv', bytes(['label\ttext', ...rows.map((row) => row.join('\t'))].join('\n')));
  fuzzData('TSV without a header', 'tsv', bytes(rows.map((row) => row.join('\t')).join('\r\n')), 'words', {
    textColumn: 1,
    labelColumn: 0,
  });
  fuzzData('CSV', 'csv', bytes(csv));
  fuzzData('labels and texts', 'label-text', bytes(rows.map((row) => row.join(' ')).join('\n')));
  fuzzData('JSON lines, bytes', 'jsonl', bytes(linesOf(objects)));
  fuzzData('JSON lines, values', 'jsonl', (random, round) => {
    const lines = objects.map((row) => JSON.stringify(row));
    const at = round % lines.length;
    return Buffer.from(lines.with(at, mutatedJson(lines[at]!, random)).join('\n'));
  });
  fuzzData('JSON lines of table rows', 'jsonl', bytes(linesOf(indexed)), 'ids');
  const two = [
    { length: 3, rows: 8 },
    { length: 5, rows: 4 },
  ];
  const pairs = indexed.map((row) => ({ ...row, title: '2, 3' }));
  fuzzData('CSV of two texts', 'csv', bytes(csv), 'words', { textColumn: ['text', 'label'] }, two);
  fuzzData(
    'JSON lines of two texts',
    'jsonl',
    bytes(linesOf(pairs)),
    'ids',
    { textColumn: ['text', 'title'] },
    two,
  );
});
