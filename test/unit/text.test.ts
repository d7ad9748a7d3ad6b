import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UserError } from '../../src/core/errors.ts';
import type { DataSource, TextSettings } from '../../src/core/recipe/recipe.ts';
import { readRows, type Row } from '../../src/core/text/dataset.ts';
import { encodeDataset } from '../../src/core/text/encode.ts';
import type { EncodedChunk } from '../../src/core/text/encoded.ts';
import { FoundLabels, KnownLabels } from '../../src/core/text/labels.ts';
import { tokenize } from '../../src/core/text/tokenizer.ts';
import { readVocabulary, Vocabulary } from '../../src/core/text/vocabulary.ts';

const datasets = path.resolve(import.meta.dirname, '../../../shared/datasets');

const settings: TextSettings = {
  tokenizer: 'words',
  lowercase: true,
  maxLength: 40,
  padding: 'right',
  outOfVocabularyToken: '<unk>',
};

let folder = '';

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'press-text-'));
});

after(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const target = path.join(folder, name);
  await writeFile(target, content);
  return target;
}

async function source(
  name: string,
  content: string | Uint8Array,
  options: Partial<DataSource> = {},
): Promise<DataSource> {
  return {
    path: await file(name, content),
    format: 'tsv',
    textColumn: 'text',
    labelColumn: 'label',
    encoding: 'utf-8',
    ...options,
  };
}

async function rows(of: DataSource): Promise<Row[]> {
  const found: Row[] = [];
  for await (const row of readRows(of)) found.push(row);
  return found;
}

function userError(code: string, ...parts: (string | RegExp)[]): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.code, code);
    for (const part of parts) assert.match(error.format(), part instanceof RegExp ? part : new RegExp(part));
    assert.notEqual(error.hint, '');
    return true;
  };
}

describe('tokenize', () => {
  const words = (text: string): string => tokenize(text, settings).join(' ');

  it('splits contractions as GloVe has them and leaves treebank text alone', () => {
    assert.equal(words("It's what they don't say, isn’t it?"), "it 's what they do n't say , is n't it ?");
    const treebank = "we wo n't see o'brien 's ' good ' films";
    assert.equal(words(treebank), treebank);
    assert.equal(words("'so good'"), "' so good '");
  });

  it('knows letters of every script, and takes marks one by one', () => {
    assert.equal(words('Äpfel—наука 日本 e\u0301té $3.50!!'), 'äpfel — наука 日本 e\u0301té $ 3 . 50 ! !');
    assert.equal(words('a\u0085b\u0000c \u{1F600}\u200D'), 'a b c \u{1F600}');
  });

  it('keeps case and the first tokens as told', () => {
    assert.deepEqual(tokenize("Don't Stop", { ...settings, lowercase: false, maxLength: 1 }), ['Do']);
    assert.deepEqual(tokenize(' A  b,c\u0085d\t', { ...settings, tokenizer: 'whitespace' }), [
      'a',
      'b,c',
      'd',
    ]);
    assert.deepEqual(tokenize('1, 2,3\t4', { ...settings, tokenizer: 'ids', maxLength: 3 }), ['1', '2', '3']);
    assert.deepEqual(tokenize(' \t', settings), []);
  });
});

describe('readVocabulary', () => {
  it('reads a word a line, whatever the words are', async () => {
    const list = await file('v.txt', '\uFEFF<pad>\r\n<unk>\n__proto__\nconstructor\n{\n');
    const vocabulary = await readVocabulary(list, '<unk>');
    assert.deepEqual(vocabulary.words, ['<pad>', '<unk>', '__proto__', 'constructor', '{']);
    assert.deepEqual(
      ['__proto__', 'constructor', 'toString', '<unk>'].map((word) => vocabulary.idOf(word)),
      [2, 3, 1, 1],
    );
    assert.equal(vocabulary.unknownId, 1);
  });

  it('reads JSON, and puts padding before rows that begin with 1', async () => {
    const zero = await file('v0.json', '{"b": 1, "__proto__": 2, "<pad>": 0}');
    assert.deepEqual((await readVocabulary(zero, '<unk>')).words, ['<pad>', 'b', '__proto__']);
    const one = await file('v1.json', '{"b": 2, "10": 1}');
    assert.deepEqual((await readVocabulary(one, 'b')).words, ['<pad>', '10', 'b']);
  });

  it('refuses what does not name each row once', async () => {
    const cases: [string, string, string, string][] = [
      ['d.txt', 'a\nb\na\n', 'duplicate-word', "d.txt:3: The word 'a' is on line 1"],
      ['e.txt', 'a\n\nb\n', 'empty-vocabulary-line', 'e.txt:2'],
      ['z.txt', '', 'empty-vocabulary', 'z.txt'],
      ['z.json', '{}', 'empty-vocabulary', 'z.json'],
      ['g.json', '{"a": 0, "b": 2}', 'invalid-vocabulary', "row 1, the one before 'b'"],
      ['t.json', '{"a": 0, "b": 0}', 'invalid-vocabulary', "'a' and 'b' both"],
      ['f.json', '{"a": 0, "b": 1.5}', 'invalid-vocabulary', "'b' has the row 1.5"],
      ['n.json', '{"a": 0, "b": -1}', 'invalid-vocabulary', "'b' has the row -1"],
      ['a.json', '["a"]', 'invalid-vocabulary', 'no JSON object'],
      ['x.json', 'a\nb', 'invalid-json', 'x.json'],
    ];
    for (const [name, content, code, part] of cases) {
      await assert.rejects(readVocabulary(await file(name, content), '<unk>'), userError(code, part));
    }
    const latin = await file('l.txt', Buffer.from('a\ncaf\xe9\n', 'latin1'));
    await assert.rejects(readVocabulary(latin, '<unk>'), userError('invalid-utf8', 'l.txt:2'));
    await assert.rejects(
      readVocabulary(path.join(folder, 'none.txt'), '<unk>'),
      userError('unreadable-file', 'none.txt'),
    );
  });
});

describe('readRows', () => {
  it('counts the lines of the shared datasets, Latin-1 and 0x85 included', async function () {
    if (!existsSync(datasets)) return this.skip();
    const counts: [string, DataSource['encoding'], number][] = [
      ['TREC.train.all', 'latin1', 5452],
      ['TREC.test.all', 'utf-8', 500],
      ['stsa.binary.train', 'utf-8', 6920],
      ['stsa.binary.dev', 'utf-8', 872],
      ['stsa.binary.test', 'utf-8', 1821],
      ['rt-polarity.all', 'latin1', 10662],
    ];
    for (const [name, encoding, expected] of counts) {
      const of: DataSource = {
        path: path.join(datasets, name),
        format: 'label-text',
        encoding,
        textColumn: 0,
        labelColumn: 0,
      };
      const found = await rows(of);
      assert.equal(found.length, expected, name);
      assert.equal(found.at(-1)?.line, expected, name);
    }
  });

  it('reads tsv by name and by position', async () => {
    const named = await source('a.tsv', '\uFEFFid\ttext\tlabel\r\n1\t"a" b\tpos \r\n\r\n2\t\tneg');
    assert.deepEqual(await rows(named), [
      { line: 2, texts: ['"a" b'], label: 'pos' },
      { line: 4, texts: [''], label: 'neg' },
    ]);
    const placed = await source('b.tsv', 'pos\tgood\nneg\tbad\n', { textColumn: 1, labelColumn: 0 });
    assert.deepEqual(
      (await rows(placed)).map(({ label }) => label),
      ['pos', 'neg'],
    );
  });

  it('reads quoted csv over several lines and numbers rows by their first line', async () => {
    const csv = await source('a.csv', 'label,text\n1,"a, ""b""\nc"\n\n0,d\n', { format: 'csv' });
    assert.deepEqual(await rows(csv), [
      { line: 2, texts: ['a, "b"\nc'], label: '1' },
      { line: 5, texts: ['d'], label: '0' },
    ]);
  });

  it('reads jsonl and label-text', async () => {
    const json = '{"text": "a", "label": 1}\n\n{"label": true, "text": [3, 4]}\n{"text":"","label":"x"}';
    assert.deepEqual(await rows(await source('a.jsonl', json, { format: 'jsonl' })), [
      { line: 1, texts: ['a'], label: '1' },
      { line: 3, texts: ['3 4'], label: 'true' },
      { line: 4, texts: [''], label: 'x' },
    ]);
    const label = await source('a.all', Buffer.from('1 caf\xe9\x85 b\n0\tc\n', 'latin1'), {
      format: 'label-text',
      encoding: 'latin1',
    });
    assert.deepEqual(await rows(label), [
      { line: 1, texts: ['café\u0085 b'], label: '1' },
      { line: 2, texts: ['c'], label: '0' },
    ]);
  });

  it('reads a file larger than its buffer with lines over the borders', async () => {
    const text = 'x'.repeat(999);
    const lines = Array.from({ length: 3000 }, (_, i) => `${i} ${text}`);
    const big = await source('big', lines.join('\n'), { format: 'label-text' });
    const found = await rows(big);
    assert.equal(found.length, 3000);
    assert.ok(
      found.every((row, i) => row.label === String(i) && row.texts[0] === text && row.line === i + 1),
    );
  });

  it('names file and place of what is wrong', async () => {
    const csv: Partial<DataSource> = { format: 'csv' };
    const json: Partial<DataSource> = { format: 'jsonl' };
    const plain: Partial<DataSource> = { format: 'label-text' };
    const cases: [string, string | Buffer, Partial<DataSource>, string, RegExp][] = [
      ['1.tsv', '', {}, 'empty-file', /1\.tsv: /],
      ['2.tsv', 'text\tlabel\n', {}, 'empty-file', /2\.tsv: /],
      ['3.tsv', 'text\tlabel\na\tb\na\n', {}, 'wrong-columns', /3\.tsv:3: .*1 column, .* 2/],
      ['4.tsv', 'txt\tlabel\na\tb\n', {}, 'missing-column', /'txt', 'label'\. Did you mean 'txt'\?/],
      ['5.tsv', 'a\tb\n', { textColumn: 2, labelColumn: 0 }, 'missing-column', /no column 2/],
      ['6.tsv', 'text\tlabel\na\t \n', {}, 'empty-label', /6\.tsv:2/],
      ['7.tsv', Buffer.from('text\tlabel\n\xff\tb\n', 'latin1'), {}, 'invalid-utf8', /7\.tsv:2/],
      ['1.csv', 'text,label\na,b,c\n', csv, 'wrong-columns', /1\.csv:2: .*3 columns/],
      ['2.csv', 'text,label\na,b\n"c,d\ne,f\n', csv, 'invalid-csv', /2\.csv:3: .*not closed/],
      ['3.csv', 'text,label\na,b"c\n', csv, 'invalid-csv', /3\.csv:2/],
      ['4.csv', Buffer.from('text,label\na,b\n\xe9,b\n', 'latin1'), csv, 'invalid-utf8', /4\.csv:3/],
      ['1.jsonl', '{"text":"a","label":"b"}\n{"text"\n', json, 'invalid-json', /1\.jsonl:2/],
      ['2.jsonl', '"a"\n', json, 'invalid-json', /2\.jsonl:1/],
      ['3.jsonl', '{"body":"a","label":1}\n', json, 'missing-column', /'body', 'label'/],
      ['4.jsonl', '{"text":7,"label":1}\n', json, 'wrong-type', /4\.jsonl:1: 'text'.* 7/],
      ['5.jsonl', '{"text":"a","label":null}\n', json, 'wrong-type', /null/],
      ['1.all', '1 a\nb\n', plain, 'missing-text', /1\.all:2/],
      ['2.all', '1 a\n b\n', plain, 'empty-label', /2\.all:2/],
    ];
    for (const [name, content, options, code, part] of cases) {
      await assert.rejects(rows(await source(name, content, options)), userError(code, part), name);
    }
    const none = { ...(await source('x', 'x')), path: path.join(folder, 'none.tsv') };
    await assert.rejects(rows(none), userError('unreadable-file', 'none.tsv.*does not exist'));
    await assert.rejects(rows({ ...none, path: folder }), userError('unreadable-file', 'is a folder'));
    await assert.rejects(rows({ ...none, format: 'csv' }), userError('unreadable-file', 'does not exist'));
  });
});

describe('encodeDataset', () => {
  const encode = async (...of: Parameters<typeof encodeDataset>): Promise<EncodedChunk> => {
    const [chunk] = (await encodeDataset(...of)).chunks();
    return chunk!;
  };
  const words = new Vocabulary(['<pad>', '<unk>', 'good', 'bad'], '<unk>');

  it('gives rows, classes and the sentences with unknown words', async () => {
    const data = await source('e.all', 'pos Good, <pad> good\nneg bad\npos \u0000\n', {
      format: 'label-text',
    });
    const encoding = { text: { ...settings, tokenizer: 'whitespace' as const }, words };
    const encoded = await encode(data, encoding, new KnownLabels(['neg', 'pos']));
    assert.deepEqual([...encoded.ids], [1, 2, 3, 1]);
    assert.deepEqual([...encoded.offsets], [0, 2, 3, 4]);
    assert.deepEqual([...encoded.labels], [1, 0, 1]);
    assert.deepEqual([...encoded.withUnknown], [1, 0, 1]);
  });

  it('makes one unknown token of a sentence without tokens', async () => {
    const data = await source('e.tsv', 'text\tlabel\n\t1\n');
    const encoded = await encode(data, { text: settings, words }, new FoundLabels());
    assert.deepEqual([[...encoded.ids], [...encoded.withUnknown]], [[1], [1]]);
  });

  it('leaves unknown words out where they have no row', async () => {
    const data = await source('u.all', '1 good film bad\n1 film\n', { format: 'label-text' });
    const without = new Vocabulary(['<pad>', 'good', 'bad'], '<unk>');
    const encoded = await encode(data, { text: settings, words: without }, new FoundLabels());
    assert.deepEqual([...encoded.ids], [1, 2, 0]);
    assert.deepEqual([...encoded.offsets], [0, 2, 3]);
    assert.deepEqual([...encoded.withUnknown], [1, 1]);
  });

  it('refuses an unknown label and names the known ones', async () => {
    const data = await source('l.all', 'pos a\nneutral b\n', { format: 'label-text' });
    await assert.rejects(
      encodeDataset(data, { text: settings, words }, new KnownLabels(['neg', 'pos'])),
      userError('unknown-label', /l\.all:2: .*'neutral'.*'neg', 'pos'/),
    );
  });

  it('takes rows that are indexed already and checks them', async () => {
    const ids: TextSettings = { ...settings, tokenizer: 'ids' };
    const labels = new FoundLabels();
    const good = await source('i.all', '1 0 0 5, 3\n1 4\n', { format: 'label-text' });
    const encoded = await encode(good, { text: ids, rows: 6 }, labels);
    assert.deepEqual([...encoded.ids], [5, 3, 4]);
    assert.deepEqual([...encoded.withUnknown], [0, 0]);
    await assert.rejects(
      encodeDataset(good, { text: ids, rows: 5 }, labels),
      userError('id-outside-table', /i\.all:1: The row 5 .* 5 rows/),
    );
    for (const bad of ['x', '-1', '1.5', '1e3', '99999999999']) {
      const data = await source('j.all', `1 2\n1 3 ${bad}\n`, { format: 'label-text' });
      await assert.rejects(encodeDataset(data, { text: ids }, labels), userError('invalid-id', /j\.all:2/));
    }
  });
});

describe('FoundLabels', () => {
  it('sorts integers by value and everything else as text', () => {
    const sorted = (...found: string[]): readonly string[] => {
      const labels = new FoundLabels();
      for (const label of found) labels.indexOf(label);
      const { names, newClasses } = labels.sorted();
      found.forEach((label, i) => {
        assert.equal(names[newClasses[i]!], label);
      });
      return names;
    };
    assert.deepEqual(sorted('10', '9', '-1'), ['-1', '9', '10']);
    assert.deepEqual(sorted('10', '9', 'x', '__proto__'), ['10', '9', '__proto__', 'x']);
  });
});
