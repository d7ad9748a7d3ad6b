import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSafetensors } from '../../src/core/checkpoint/safetensors.ts';
import { parseDecimal } from '../../src/core/embedding/decimal.ts';
import { singularSpectrum } from '../../src/core/embedding/spectrum.ts';
import { EmbeddingTable } from '../../src/core/embedding/table.ts';
import { readVectors } from '../../src/core/embedding/vectors.ts';
import { compressVectors, type CompressVectorsOptions } from '../../src/core/embedding/vectorsCompress.ts';
import { openNpy } from '../../src/core/embedding/vectorsNpy.ts';
import { unpackVectors } from '../../src/core/embedding/vectorsUnpack.ts';
import { encodeEntries, headerOf, type VectorsFormat } from '../../src/core/embedding/vectorsWrite.ts';
import { CancelledError, UserError } from '../../src/core/errors.ts';
import { Random } from '../../src/core/random.ts';

const formats: readonly (readonly [VectorsFormat, ending: string])[] = [
  ['glove', '.txt'],
  ['word2vec', '.vec'],
  ['word2vec-binary', '.bin'],
  ['npy', '.npy'],
];

let folder = '';
let made = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'press-word-vectors-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function vectorsOf(seed: number, rows: number, dimension: number): EmbeddingTable {
  const random = new Random(seed);
  const data = Float32Array.from(
    { length: rows * dimension },
    (_, i) => random.normal() / (1 + (i % dimension)),
  );
  return new EmbeddingTable(rows, dimension, data);
}

/** Of different lengths, in several scripts. */
const wordsOf = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${'wé日-'.slice(i % 4)}${i}`);

function fileOf(
  format: VectorsFormat,
  { rows, dimension, data }: EmbeddingTable,
  words = wordsOf(rows),
): Buffer {
  return Buffer.concat([headerOf(format, rows, dimension), encodeEntries(format, words, data, dimension)]);
}

async function fileWith(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function compress(
  input: string,
  size: CompressVectorsOptions['size'],
  write: CompressVectorsOptions['write'] = 'coordinates',
) {
  const output = join(folder, `out${made++}`);
  const result = await compressVectors(input, output, { size, write });
  const { tensors } = await readSafetensors(join(output, 'factors.safetensors'));
  const [A, B] = [tensors.get('A'), tensors.get('B')];
  assert.ok(A && B);
  return { output, result, A, B };
}

/** The numbers of a file and its words. */
async function readBack(
  format: VectorsFormat,
  path: string,
  dimension: number,
): Promise<{ words: string[]; data: Float32Array }> {
  if (format !== 'npy') return readVectors(path, undefined, dimension);
  const npy = await openNpy(path);
  assert.equal(npy.dimension, dimension);
  return { words: [], data: await npy.readRows(0, npy.rows) };
}

const rejectsWith =
  (code: string, message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.format(), message);
    return true;
  };

describe('compressVectors', () => {
  for (const [format, ending] of formats) {
    it(`reaches the optimum of Eckart and Young, and writes what it read from: ${format}`, async () => {
      const [m, n, k] = [300, 12, 5];
      const table = vectorsOf(1, m, n);
      const input = await fileWith(`words${ending}`, fileOf(format, table));
      const { output, result, A, B } = await compress(input, { rank: k });
      assert.deepEqual([A.shape, B.shape, result.rank, result.format], [[m, k], [k, n], k, format]);

      let error = 0;
      const approximation = table.data.map((_, i) => {
        const [row, column] = [Math.floor(i / n), i % n];
        let sum = 0;
        for (let j = 0; j < k; j++) sum += A.data[row * k + j]! * B.data[j * n + column]!;
        return sum;
      });
      table.data.forEach((value, i) => (error += (value - approximation[i]!) ** 2));
      const { singularValues } = await singularSpectrum(table);
      const squares = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);
      const optimum = squares(singularValues.subarray(k));
      assert.ok(Math.abs(error / optimum - 1) < 1e-5);
      assert.ok(Math.abs(result.relativeError - Math.sqrt(optimum / squares(singularValues))) < 1e-6);
      for (let i = 0; i < k; i++) {
        for (let j = 0; j < k; j++) {
          let dot = 0;
          for (let c = 0; c < n; c++) dot += B.data[i * n + c]! * B.data[j * n + c]!;
          assert.ok(Math.abs(dot - (i === j ? 1 : 0)) < 1e-6);
        }
      }

      const words = format === 'npy' ? [] : wordsOf(m);
      const coordinates = await readBack(format, join(output, `coordinates${ending}`), k);
      assert.deepEqual(coordinates.words, words);
      assert.deepEqual(coordinates.data, A.data);
      const listed = await readFile(join(output, 'vocabulary.txt'), 'utf8').catch(() => '');
      assert.equal(listed, words.map((word) => `${word}\n`).join(''));

      const whole = await compress(input, { rank: k }, 'vectors');
      const vectors = await readBack(format, join(whole.output, `vectors${ending}`), n);
      assert.deepEqual(vectors.words, words);
      assert.ok(vectors.data.every((value, i) => Math.abs(value - approximation[i]!) < 1e-5));
    });
  }

  it('keeps every entry in its place: words with spaces, words twice, numbers for words', async () => {
    const text = '. . 1 2 3\n5 4 5 6\nthe 7 8 9\nthe 1e-3 -0.5 +2.\n';
    const { output } = await compress(await fileWith('g.txt', text), { rank: 3 }, 'vectors');
    assert.equal(await readFile(join(output, 'vocabulary.txt'), 'utf8'), '. .\n5\nthe\nthe\n');
    const lines = (await readFile(join(output, 'vectors.txt'), 'utf8')).trimEnd().split('\n');
    assert.equal(lines.length, 4);
    assert.match(lines[0]!, /^\. \. \S+ \S+ \S+$/);
    assert.ok(Math.abs(Number(lines[3]!.split(' ')[1]) - 1e-3) < 1e-5);
  });

  it('takes a reduction for a size, and as many dimensions as there are without loss', async () => {
    const table = vectorsOf(2, 400, 8);
    const input = await fileWith('w.npy', fileOf('npy', table));
    const { result } = await compress(input, { reduction: 0.5 });
    assert.equal(result.rank, 3); // floor(0.5 * 3200 / 408)
    const { output } = await compress(input, { rank: 8 }, 'vectors');
    const { data } = await readBack('npy', join(output, 'vectors.npy'), 8);
    assert.ok(data.every((value, i) => Math.abs(value - table.data[i]!) < 1e-5));
    await assert.rejects(compress(input, { rank: 9 }), rejectsWith('rank-too-large', /at most 8/));
  });

  it('reads float64 from .npy, and headers of later versions', async () => {
    const table = vectorsOf(3, 20, 4);
    const bytes = fileOf('npy', table);
    const header = bytes.subarray(10, 128).toString('latin1');
    const of = (version: number, text: string, data: Float64Array | Float32Array): Buffer => {
      const length = Buffer.alloc(version === 1 ? 2 : 4);
      length.writeUIntLE(text.length, 0, length.length);
      const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), version, 0]);
      return Buffer.concat([start, length, Buffer.from(text), Buffer.from(data.buffer)]);
    };
    const wide = of(2, header.replace('<f4', '<f8'), Float64Array.from(table.data));
    assert.deepEqual((await readBack('npy', await fileWith('a.npy', wide), 4)).data, table.data);
    const cases: [Buffer, RegExp][] = [
      [of(1, header.replace('False', 'True'), table.data), /row by row/],
      [of(1, header.replace('<f4', '>f4'), table.data), /type '>f4'/],
      [of(1, header.replace('<f4', '|O'), table.data), /type '\|O'/],
      [of(1, header.replace('(20, 4)', '(80,)'), table.data), /no matrix/],
      [of(1, header.replace('(20, 4)', '(5, 4, 4)'), table.data), /no matrix/],
      [
        of(1, header.replace('(20, 4)', '(21, 4)'), table.data),
        /21 x 4 values of 4 bytes, and 320 bytes follow/,
      ],
      [of(1, header.replace('(20, 4)', '(2, 900000000)'), table.data), /900000000 dimensions/],
      [of(1, header.replace('(20, 4)', '(0, 4)'), table.data), /no vector/],
      [of(4, header, table.data), /version 4/],
      [bytes.subarray(0, -1), /319 bytes follow/],
      [bytes.subarray(0, 40), /claims 118 bytes, and the file has 40/],
      [Buffer.from('hello, this is no matrix'), /does not begin/],
      [Buffer.alloc(0), /no vector/],
    ];
    for (const [content, message] of cases) {
      await assert.rejects(
        openNpy(await fileWith('b.npy', content)),
        rejectsWith('invalid-vectors', message),
      );
    }
  });

  it('names file and line or entry of what is wrong, and leaves nothing behind', async () => {
    const table = vectorsOf(4, 20, 4);
    const text = fileOf('word2vec', table).toString();
    const binary = fileOf('word2vec-binary', table);
    const holed = vectorsOf(4, 20, 4);
    holed.data[4 * 7 + 2] = NaN;
    const cases: [name: string, string | Uint8Array, code: string, RegExp][] = [
      ['a.vec', text.replace('20 4', '21 4'), 'invalid-vectors', /a\.vec:1: .*announces 21 .* has 20/],
      ['a.vec', text.replace('20 4', '20 5'), 'invalid-vectors', /a\.vec:2: .* 4 values, where 5/],
      ['a.vec', text.replace('20 4', '20 900000'), 'invalid-vectors', /a\.vec:1: .*more than/],
      ['a.vec', text.slice(0, -30), 'invalid-vectors', /a\.vec:/],
      ['a.txt', 'a 1 2\nb 1 x\n', 'invalid-vectors', /a\.txt:2: Value 2 .*'x'/],
      ['a.txt', 'a 1 2\nb 1 2 3\n', 'invalid-vectors', /a\.txt:2:/],
      ['a.txt', 'nothing\n', 'invalid-vectors', /a\.txt:1: .*0 values/],
      ['a.txt', '', 'invalid-vectors', /no vector/],
      ['a.txt', `a${' 1'.repeat(5000)}\n`, 'invalid-vectors', /5000 dimensions/],
      ['a.bin', binary.subarray(0, -3), 'invalid-vectors', /a\.bin: .*entry 20/],
      ['a.bin', Buffer.from('1 4\na b\n0123456789abcdef'), 'invalid-vectors', /goes on/],
      ['a.bin', Buffer.from('1 4\na\nb 0123456789abcdef'), 'word-with-line-break', /entry 1/],
      ['a.bin', Buffer.from('9999999999 300\na '), 'invalid-vectors', /more than/],
      ['a.npy', fileOf('npy', holed), 'table-not-finite', /a\.npy: .*NaN in row 7, column 2/],
      ['a.npy', fileOf('npy', new EmbeddingTable(4, 2, new Float32Array(8))), 'table-zero', /a\.npy: /],
    ];
    for (const [name, content, code, message] of cases) {
      const input = await fileWith(name, content);
      await assert.rejects(compress(input, { rank: 1 }), rejectsWith(code, message));
      await rm(input);
      assert.deepEqual(await readdir(folder), []);
    }
    await assert.rejects(
      compress(join(folder, 'none.txt'), { rank: 1 }),
      rejectsWith('unreadable-file', /none\.txt/),
    );
    await assert.rejects(
      compress(join(folder, 'none.npy'), { rank: 1 }),
      rejectsWith('file-not-found', /none\.npy/),
    );
    assert.deepEqual(await readdir(folder), []);
  });

  it('never writes over what is there, and takes an empty folder', async () => {
    const input = await fileWith('w.npy', fileOf('npy', vectorsOf(5, 10, 3)));
    const options = { size: { rank: 1 }, write: 'coordinates' } as const;
    for (const taken of [folder, input]) {
      await assert.rejects(
        compressVectors(input, taken, options),
        rejectsWith('output-exists', /Name a folder/),
      );
    }
    await mkdir(join(folder, 'empty'));
    await compressVectors(input, join(folder, 'empty/'), options);
    assert.equal((await readdir(join(folder, 'empty'))).length, 2);
  });

  it('tells how far it is, and leaves nothing behind where it is cancelled', async () => {
    for (const [format, ending] of formats) {
      const input = await fileWith(`w${ending}`, fileOf(format, vectorsOf(6, 200, 10)));
      const seen: number[] = [];
      const phases: string[] = [];
      await compressVectors(input, join(folder, 'whole'), {
        size: { rank: 2 },
        write: 'vectors',
        watch: ({ share, phase, done }) => {
          assert.ok(done >= 0 && done <= 1);
          seen.push(share);
          if (phases.at(-1) !== phase) phases.push(phase);
        },
      });
      assert.deepEqual(phases, [...(format === 'npy' ? [] : ['reading']), 'summing', 'writing']);
      assert.deepEqual(
        seen,
        [...seen].sort((a, b) => a - b),
      );
      assert.ok(Math.abs(seen.at(-1)! - 1) < 1e-9);
      await rm(join(folder, 'whole'), { recursive: true });
      for (const last of phases) {
        const cancelled = compressVectors(input, join(folder, 'cancelled'), {
          size: { rank: 2 },
          write: 'vectors',
          watch: ({ phase }) => {
            if (phase === last) throw new CancelledError();
          },
        });
        await assert.rejects(cancelled, CancelledError);
        assert.deepEqual(await readdir(folder), [`w${ending}`]);
      }
      await rm(input);
    }
  });
});

describe('parseDecimal', () => {
  it('reads what Number reads, and refuses what is no decimal', () => {
    const random = new Random(7);
    const texts = [
      '0',
      '-0',
      '1',
      '+2.',
      '.5',
      '-.25',
      '1e5',
      '1E-7',
      '123456789012345',
      '1234567890123456789',
      '0.1',
      '0.30000000000000004',
      '1e400',
      '0.0000000000000000000000001',
      '000000000000000000000.5',
    ];
    for (let i = 0; i < 2000; i++)
      texts.push(String(random.normal() * 10 ** Math.floor(20 * random.uniform() - 10)));
    for (const text of texts) {
      assert.ok(Object.is(parseDecimal(Buffer.from(`x${text}y`), 1, 1 + text.length), Number(text)), text);
    }
    for (const text of [
      '',
      '.',
      '-',
      '+-1',
      '1.2.3',
      '1-2',
      '0x10',
      'NaN',
      'Infinity',
      '1e',
      'e5',
      '1_0',
      '--1',
      '1 2',
    ]) {
      assert.ok(Number.isNaN(parseDecimal(Buffer.from(text), 0, text.length)), text);
    }
  });
});

describe('damaged word vectors', function () {
  this.timeout(60_000);

  /** One to three of: a byte changed, cut off, a part removed, doubled or put elsewhere, a number changed. */
  function mutate(bytes: Buffer, random: Random): Buffer {
    let changed = Buffer.from(bytes);
    const at = (): number => Math.floor(random.uniform() * changed.length);
    for (let times = 1 + Math.floor(3 * random.uniform()); times > 0 && changed.length > 0; times--) {
      const [from, to] = [at(), at()].sort((a, b) => a - b) as [number, number];
      switch (Math.floor(6 * random.uniform())) {
        case 0:
          changed[at()] = Math.floor(256 * random.uniform());
          break;
        case 1:
          changed = changed.subarray(0, at());
          break;
        case 2:
          changed = Buffer.concat([changed.subarray(0, from), changed.subarray(to)]);
          break;
        case 3:
          changed = Buffer.concat([changed.subarray(0, to), changed.subarray(from)]);
          break;
        case 4:
          changed = Buffer.concat([changed.subarray(from, to), changed]);
          break;
        default: {
          const digits = String(Math.floor(10 ** (12 * random.uniform())));
          const text = changed.toString('latin1').replace(/\d+/, digits);
          changed = Buffer.from(text, 'latin1');
        }
      }
    }
    return changed;
  }

  for (const [format, ending] of formats) {
    it(`are refused or read, with no crash and no large memory: ${format}`, async () => {
      const random = new Random(8);
      const whole = fileOf(format, vectorsOf(9, 30, 6));
      const before = process.memoryUsage().arrayBuffers;
      let refused = 0;
      for (let i = 0; i < 500; i++) {
        const input = await fileWith(`m${ending}`, mutate(whole, random));
        const names = { rowsFile: join(folder, 'rows'), wordsFile: join(folder, 'words') };
        try {
          const source = format === 'npy' ? await openNpy(input) : await unpackVectors(input, names);
          const { rows, dimension } = source;
          assert.ok(rows >= 1 && dimension >= 1);
          assert.equal((await source.readRows(0, rows)).length, rows * dimension);
        } catch (error) {
          assert.ok(error instanceof UserError, error instanceof Error ? error.stack : String(error));
          assert.equal(error.place?.file, input);
          refused++;
        }
        await Promise.all(Object.values(names).map((name) => rm(name, { force: true })));
        assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 28);
      }
      assert.ok(refused > 100 && refused < 500, String(refused));
    });
  }
});
