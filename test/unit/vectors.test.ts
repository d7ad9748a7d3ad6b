import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readVectors, writeVectorsBinary } from '../../src/core/embedding/vectors.ts';
import { tableOfVectors } from '../../src/core/embedding/vectorsTable.ts';
import { UserError } from '../../src/core/errors.ts';
import { Random } from '../../src/core/random.ts';

let folder = '';

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'press-vectors-'));
});

after(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const target = path.join(folder, name);
  await writeFile(target, content);
  return target;
}

async function assertFails(
  target: string,
  dimension: number,
  code: string,
  message: RegExp,
  wanted?: ReadonlySet<string>,
): Promise<void> {
  await assert.rejects(readVectors(target, wanted, dimension), (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.format(), message);
    assert.ok(error.format().startsWith(target));
    return true;
  });
}

/** An entry as word2vec writes it. */
function entry(word: string, ...values: number[]): Buffer {
  const floats = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => floats.writeFloatLE(value, 4 * i));
  return Buffer.concat([Buffer.from(`${word} `), floats]);
}

describe('readVectors, text', () => {
  it('reads GloVe, word2vec with its header and trailing spaces, and keeps the first of two', async () => {
    const glove = await file('g.txt', 'the 0.5 -1 1e-3\n. . 1 2 3\nthe 9 9 9\ncafé .25 +2 3.\n');
    const all = await readVectors(glove, undefined, 3);
    assert.deepEqual(all.words, ['the', '. .', 'café']);
    assert.deepEqual([...all.data], [...new Float32Array([0.5, -1, 1e-3, 1, 2, 3, 0.25, 2, 3])]);
    const word2vec = await file('w.txt', '2 3\r\nthe 1 2 3 \r\n__proto__\t4 5 6 \r\n');
    const some = await readVectors(word2vec, new Set(['__proto__', 'constructor']), 3);
    assert.deepEqual([some.words, [...some.data]], [['__proto__'], [4, 5, 6]]);
  });

  it('tells a header from a word with one value', async () => {
    const one = await file('1.txt', '7 5\n8 6\n');
    assert.deepEqual((await readVectors(one, undefined, 1)).words, ['7', '8']);
  });

  it('names the line of what is wrong, in words that are not wanted too', async () => {
    const none = new Set<string>();
    const cases: [string, string, RegExp][] = [
      ['a 1 2\nb 1\n', 'invalid-vectors', /:2: .* line 2 has 1 values, where 2/],
      ['a 1 2\nb 1 2 3\n', 'invalid-vectors', /:2: .* has 3 values/],
      ['a 1 2\nb 1 NaN\n', 'invalid-vectors', /:2: Value 2 .*'NaN'/],
      ['a 1 2\nb -Infinity 1\n', 'invalid-vectors', /:2: Value 1/],
      ['a 1 2\nb 1 x2\n', 'invalid-vectors', /:2: .*'x2'/],
      ['a 1 2\n\nb 1 2\n', 'invalid-vectors', /:2: .*empty/],
      ['3 2\na 1 2\nb 1 2\n', 'invalid-vectors', /:1: .*announces 3 .* has 2/],
      ['900000000000 2\na 1 2\n', 'invalid-vectors', /:1: .*more than/],
      ['1 900000000\na 1 2\n', 'wrong-dimension', /900000000 dimensions, where the recipe has 2/],
      ['a 1 2 3\n', 'wrong-dimension', /:1: .*3 dimensions, where the recipe has 2/],
      ['', 'invalid-vectors', /no vector/],
      ['0 2\n', 'invalid-vectors', /no vector/],
      ['hello\n', 'invalid-vectors', /:1: .*0 values/],
    ];
    for (const [content, code, message] of cases) {
      await assertFails(await file('bad.txt', content), 2, code, message, none);
    }
    await assertFails(await file('o.txt', 'a 1 1e39\n'), 2, 'invalid-vectors', /:1: Value 2/);
    await assertFails(await file('p.txt', 'a 1 1-2\n'), 2, 'invalid-vectors', /'1-2'/);
    const latin = await file('l.txt', Buffer.from('a 1 2\ncaf\xe9 1 2\n', 'latin1'));
    await assertFails(latin, 2, 'invalid-utf8', /:2:/);
    await assertFails(path.join(folder, 'none.txt'), 2, 'unreadable-file', /does not exist/);
  });
});

describe('readVectors, binary', () => {
  it('reads entries with and without a line break between', async () => {
    const newline = Buffer.from('\n');
    const entries = [entry('the', 1, 2.5), entry('日本', -3, 4), entry('the', 9, 9)];
    const header = Buffer.from('3 2\n');
    const without = await file('a.bin', Buffer.concat([header, ...entries]));
    const between = await file('b.bin', Buffer.concat([header, ...entries.flatMap((e) => [e, newline])]));
    for (const target of [without, between]) {
      const { words, data } = await readVectors(target, undefined, 2);
      assert.deepEqual(
        [words, [...data]],
        [
          ['the', '日本'],
          [1, 2.5, -3, 4],
        ],
      );
      assert.deepEqual([...(await readVectors(target, new Set(['日本']), 2)).data], [-3, 4]);
    }
  });

  it('reads back what it wrote, bit for bit, over several buffers', async () => {
    const count = 30_000;
    const random = new Random(3);
    const words = Array.from({ length: count }, (_, i) => `w${i}${'é'.repeat(i % 7)}`);
    const data = Float32Array.from({ length: count * 64 }, () => random.normal());
    // Bytes of a value that look like the space after a word and like a line's end.
    new Uint32Array(data.buffer).fill(0x20200a20, 64, 128);
    const target = path.join(folder, 'big.bin');
    await writeVectorsBinary(target, words, data, 64);
    const all = await readVectors(target, undefined, 64);
    assert.deepEqual(all.words, words);
    assert.ok(Buffer.from(all.data.buffer).equals(Buffer.from(data.buffer)));
    const wanted = new Set(words.filter((_, i) => i % 1000 === 1));
    const some = await readVectors(target, wanted, 64);
    assert.deepEqual(some.words, [...wanted]);
    assert.equal(some.data.length, 30 * 64);
    assert.deepEqual(some.data.subarray(64, 128), data.subarray(1001 * 64, 1002 * 64));
    const bytes = await readFile(target);
    await assertFails(await file('cut.bin', bytes.subarray(0, -10)), 64, 'invalid-vectors', /entry 30000/);
  });

  it('refuses words that the form cannot hold', async () => {
    const target = path.join(folder, 'x.bin');
    await assert.rejects(writeVectorsBinary(target, ['a b'], new Float32Array(1), 1), RangeError);
    await assert.rejects(writeVectorsBinary(target, ['a'], new Float32Array(2), 1), RangeError);
    await assert.rejects(readFile(target));
  });

  it('names the entry of what is wrong', async () => {
    const two = [entry('a', 1, 2), entry('b', 3, 4)];
    const cases: [Buffer[], string, RegExp][] = [
      [[], 'invalid-vectors', /no vector/],
      [[Buffer.from('0 2\n')], 'invalid-vectors', /no vector/],
      [[Buffer.from('a 1 2\n')], 'invalid-vectors', /does not begin with a line 'V D'/],
      [[Buffer.from('2 3\n'), ...two], 'wrong-dimension', /3 dimensions, where the recipe has 2/],
      [[Buffer.from('2 4000000000\n'), ...two], 'wrong-dimension', /4000000000/],
      [[Buffer.from('99999999999999999999 2\n'), ...two], 'invalid-vectors', /more than/],
      [[Buffer.from('3 2\n'), ...two, Buffer.from('long-word 12')], 'invalid-vectors', /within entry 3/],
      [[Buffer.from('1 2\n'), ...two], 'invalid-vectors', /goes on after the 1 /],
      [[Buffer.from('2 2\n'), two[0]!, entry('b', 3, NaN)], 'invalid-vectors', /Value 2 of entry 2 is NaN/],
      [[Buffer.from('1 2\n'), entry('b', -Infinity, 1)], 'invalid-vectors', /Value 1 of entry 1 is -Inf/],
      [[Buffer.from('1 2\n'), Buffer.from([0xff]), entry('', 1, 1)], 'invalid-vectors', /Entry 1 .*UTF-8/],
      [[Buffer.from('1 2\n'), Buffer.alloc(9000, 'x')], 'invalid-vectors', /Entry 1 does not begin/],
    ];
    for (const [parts, code, message] of cases) {
      await assertFails(await file('bad.bin', Buffer.concat(parts)), 2, code, message, new Set());
    }
    await assertFails(path.join(folder, 'none.bin'), 2, 'unreadable-file', /does not exist/);
    await assertFails(folder, 2, 'unreadable-file', /is a folder/);
  });
});

describe('tableOfVectors', () => {
  it('leaves vectors as they are, zeroes the padding and gives unknown words the mean', () => {
    const vectors = { words: ['b', 'a', '<pad>', '<unk>'], data: new Float32Array([1, 2, 5, 6, 7, 7, 8, 8]) };
    const words = ['<pad>', '<unk>', 'a', 'none', 'b'];
    const table = tableOfVectors(words, 1, vectors, 2, new Random(1));
    assert.deepEqual([table.rows, table.dimension], [5, 2]);
    assert.deepEqual([...table.data.subarray(0, 6)], [0, 0, 3, 4, 5, 6]);
    assert.deepEqual([...table.data.subarray(8)], [1, 2]);
    assert.ok(table.data.subarray(6, 8).every((value) => value !== 0 && Math.abs(value) <= 0.05));
    assert.deepEqual(table, tableOfVectors(words, 1, vectors, 2, new Random(1)));
  });

  it('is uniform in ±0.05 without vectors', () => {
    const words = Array.from({ length: 2001 }, (_, i) => String(i));
    const { data } = tableOfVectors(words, 1, undefined, 5, new Random(2));
    const rest = data.subarray(5);
    assert.ok(data.subarray(0, 5).every((value) => value === 0));
    assert.ok(rest.every((value) => Math.abs(value) <= 0.05));
    const mean = rest.reduce((sum, value) => sum + value, 0) / rest.length;
    const variance = rest.reduce((sum, value) => sum + value ** 2, 0) / rest.length;
    assert.ok(Math.abs(mean) < 1.5e-3);
    assert.ok(Math.abs(variance / (0.1 ** 2 / 12) - 1) < 0.05);
  });
});
