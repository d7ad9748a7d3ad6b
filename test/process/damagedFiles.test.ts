import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFile, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { writeHdf5 } from '../../src/core/checkpoint/keras/hdf5.ts';
import { npyHeader } from '../../src/core/embedding/vectorsNpy.ts';
import { dan, weights, writeDan, writeWeights } from '../support/danFiles.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';
import { bytesOf, entry, fileOf } from '../support/safetensorsFile.ts';
import { archive, pickle, tensor, torchFile, zipOf, type View } from '../support/torchFile.ts';
import { zip, type ZipEntries } from '../support/zip.ts';
import { bundleScripts, withTemporaryFolder } from './bundles.ts';

interface Case {
  readonly damage: string;
  /** Writes the file, and gives its name in the folder. */
  readonly make: (folder: string) => Promise<string>;
  /** What stderr is to name beside the file: the tensor, the entry, the line. */
  readonly names: RegExp;
}

const predict = (file: string): string[] => ['predict', file, '1 2', '--engine', 'wasm'];
const vectors = (file: string): string[] => ['vectors', file, 'out', '--rank', '1'];

const withNaN = new Map([
  ...weights,
  ['head/kernel', { shape: [3, 2], data: new Float32Array(6).fill(NaN, 2, 3) }],
]);

interface Manifest {
  weightsManifest: [{ paths: string[]; weights: { name: string; shape: number[] }[] }];
}

/** A tfjs model with another manifest or another shard. */
const tfjs =
  (edit: (manifest: Manifest['weightsManifest'][0]) => void, shard?: (path: string) => Promise<void>) =>
  async (folder: string): Promise<string> => {
    const model = join(folder, 'model');
    const { spec, weights: random } = randomCheckpoint({
      embedding: { rows: 7, dimension: 4 },
      body: { kind: 'lstm', units: 3, pooling: 'last', peepholes: false, hidden: [] },
      head: 'softmax',
      classes: 2,
      masked: true,
    });
    const nothing = { text: undefined, vocabulary: undefined, labels: undefined };
    await writeCheckpoint(model, { spec, weights: random, ...nothing });
    const file = join(model, 'model.json');
    const json = JSON.parse(await readFile(file, 'utf8')) as Manifest;
    edit(json.weightsManifest[0]);
    await writeFile(file, JSON.stringify(json));
    await shard?.(join(model, 'group1-shard1of1.bin'));
    return 'model';
  };
const unchanged = (): void => undefined;

/** A .keras archive, changed as entries or as bytes. */
const keras =
  (
    entriesOf: (config: Buffer, h5: Buffer) => ZipEntries,
    change: (bytes: Buffer) => Buffer = (bytes) => bytes,
    tensors = weights,
  ) =>
  async (folder: string): Promise<string> => {
    const h5 = join(folder, 'weights.h5');
    await writeHdf5(h5, (file) => writeWeights(file, tensors));
    const entries = entriesOf(Buffer.from(JSON.stringify(dan)), await readFile(h5));
    await writeFile(join(folder, 'model.keras'), change(await zip(entries)));
    return 'model.keras';
  };
const both = (config: Buffer, h5: Buffer): ZipEntries => [
  ['config.json', config],
  ['model.weights.h5', h5],
];
const directory = Buffer.from('PK\x01\x02', 'latin1');

const file =
  (name: string, bytes: Uint8Array) =>
  async (folder: string): Promise<string> => {
    await writeFile(join(folder, name), bytes);
    return name;
  };
const safetensors = (header: object | string, data: Uint8Array, length?: number) => {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  return file('x.safetensors', fileOf(text, data, length));
};
const torch = (bytes: Uint8Array) => file('model.pt', bytes);
const six = { name: 'model/data/0', data: bytesOf(1, 2, 3, 4, 5, 6) };
const view = (shown: Partial<View>): Buffer => tensor({ key: '0', length: 6, shape: [3, 2], ...shown });
const sound = archive(pickle.ordered([pickle.text('w'), view({})]), [six]);
const fixture = (name: string): string => join(import.meta.dirname, '../fixtures/keras', name);
const word2vec = (count: number): Buffer =>
  Buffer.concat([
    Buffer.from(`${count} 3\n`),
    ...['the', 'a'].flatMap((word) => [Buffer.from(`${word} `), bytesOf(1, 2, 3)]),
  ]);

const cases: Readonly<
  Record<string, { readonly call: (file: string) => string[]; readonly of: readonly Case[] }>
> = {
  tfjs: {
    call: predict,
    of: [
      {
        damage: 'a shard cut short',
        make: tfjs(unchanged, (path) => truncate(path, 100)),
        names: /group1-shard1of1\.bin/,
      },
      {
        damage: 'a size that lies',
        make: tfjs(({ weights: [table] }) => (table!.shape = [2 ** 30, 2 ** 20])),
        names: /'embedding\/embeddings'/,
      },
      {
        damage: 'a shard outside',
        make: tfjs((group) => (group.paths = ['../outside.bin'])),
        names: /\.\.\/outside\.bin/,
      },
      {
        damage: 'a weight twice',
        make: tfjs((group) => group.weights.push(group.weights[0]!)),
        names: /'embedding\/embeddings' twice/,
      },
      {
        damage: 'a NaN',
        make: tfjs(unchanged, async (path) => {
          const bytes = await readFile(path);
          bytes.writeFloatLE(NaN, 7 * 4 * 4 + 8);
          await writeFile(path, bytes);
        }),
        names: /'lstm\/kernel' holds NaN at position 2/,
      },
    ],
  },
  '.keras': {
    call: predict,
    of: [
      {
        damage: 'an archive cut short',
        make: keras(both, (bytes) => bytes.subarray(0, bytes.length - 30)),
        names: /no whole \.keras archive/,
      },
      {
        damage: 'an entry beyond the end',
        make: keras(both, (bytes) => {
          bytes.writeUInt32LE(2 ** 31, bytes.lastIndexOf(directory) + 42);
          return bytes;
        }),
        names: /model\.weights\.h5/,
      },
      {
        damage: 'an entry over another',
        make: keras(both, (bytes) => {
          bytes.writeUInt32LE(0, bytes.lastIndexOf(directory) + 42);
          return bytes;
        }),
        names: /'model\.weights\.h5' lies over another/,
      },
      {
        damage: 'a bomb',
        make: keras((_, h5) => [
          ['config.json', Buffer.alloc(70 * 2 ** 20), true],
          ['model.weights.h5', h5],
        ]),
        names: /'config\.json' unpacks to 73400320 bytes/,
      },
      {
        damage: 'an entry that leads out',
        make: keras(
          (config, h5) => [...both(config, h5), ['up/up/secret', Buffer.from('x')]],
          (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('up/up/', '../../'), 'latin1'),
        ),
        names: /\.\.\/\.\.\/secret/,
      },
      {
        damage: 'an entry twice',
        make: keras((config, h5) => [...both(config, h5), ['model.weights.h5', h5]]),
        names: /'model\.weights\.h5' twice/,
      },
      { damage: 'a NaN', make: keras(both, undefined, withNaN), names: /holds NaN at position 2/ },
    ],
  },
  '.h5': {
    call: predict,
    of: [
      {
        damage: 'a file cut short',
        make: async (folder) => {
          await copyFile(fixture('cnn-3.h5'), join(folder, 'model.h5'));
          await truncate(join(folder, 'model.h5'), 3000);
          return 'model.h5';
        },
        names: /cannot be read: it is cut short/,
      },
      {
        damage: 'a size that lies',
        make: async (folder) => {
          await copyFile(fixture('sparse.h5'), join(folder, 'model.h5'));
          return 'model.h5';
        },
        names: /embeddings' claims 268435456 x 4 numbers/,
      },
      {
        damage: 'a NaN',
        make: async (folder) => {
          await writeHdf5(join(folder, 'model.h5'), (h5) => writeDan(h5, dan, withNaN));
          return 'model.h5';
        },
        names: /'head\/kernel' holds NaN at position 2/,
      },
    ],
  },
  '.safetensors': {
    call: vectors,
    of: [
      {
        damage: 'data cut short',
        make: safetensors({ w: entry([3, 2], 0, 24) }, bytesOf(1, 2, 3)),
        names: /'w' of 3 x 2 has the offsets 0 to 24 of 12/,
      },
      {
        damage: 'a header that lies',
        make: safetensors({}, bytesOf(), 2 ** 40),
        names: /header claims \d+ bytes/,
      },
      {
        damage: 'tensors that overlap',
        make: safetensors({ w: entry([1, 2], 0, 8), v: entry([1, 2], 4, 12) }, bytesOf(1, 2, 3)),
        names: /'v' overlaps/,
      },
      {
        damage: 'an offset beyond the end',
        make: safetensors({ w: entry([1, 2], 2 ** 50, 2 ** 50 + 8) }, bytesOf(1, 2)),
        names: /'w'/,
      },
      {
        damage: 'a name twice',
        make: safetensors(
          `{"w":${JSON.stringify(entry([1, 1], 0, 4))},"w":${JSON.stringify(entry([1, 1], 0, 4))}}`,
          bytesOf(1),
        ),
        names: /'w' twice/,
      },
      {
        damage: 'a NaN',
        make: safetensors({ w: entry([3, 2], 0, 24) }, bytesOf(1, 2, NaN, 4, 5, 6)),
        names: /'w' holds NaN in row 1, column 0/,
      },
    ],
  },
  '.pt': {
    call: vectors,
    of: [
      {
        damage: 'an archive cut short',
        make: torch(sound.subarray(0, sound.length - 40)),
        names: /no whole archive/,
      },
      {
        damage: 'a size that lies',
        make: torch(archive(pickle.ordered([pickle.text('w'), view({ shape: [2 ** 40, 2 ** 40] })]), [six])),
        names: /'w' of .* does not lie in its storage/,
      },
      {
        damage: 'an offset beyond the end',
        make: torch(archive(pickle.ordered([pickle.text('w'), view({ offset: 1 })]), [six])),
        names: /'w' of .* does not lie in its storage/,
      },
      {
        damage: 'an entry that leads out',
        make: torch(
          zipOf([
            { name: 'm/data.pkl', data: pickle.whole(pickle.dict()) },
            { name: 'm/../../x', data: bytesOf(1) },
          ]),
        ),
        names: /relative path.*m\/\.\.\/\.\.\/x/,
      },
      {
        damage: 'an entry twice',
        make: torch(
          zipOf(['m/data.pkl', 'm/data.pkl'].map((name) => ({ name, data: pickle.whole(pickle.dict()) }))),
        ),
        names: /'m\/data\.pkl' is there twice/,
      },
      {
        damage: 'code',
        make: torch(
          archive(
            Buffer.concat([
              pickle.global('os', 'system'),
              pickle.tuple(pickle.text('touch pwned')),
              Buffer.from('R'),
            ]),
            [],
          ),
        ),
        names: /'os\.system' at byte 2/,
      },
      {
        damage: 'a NaN',
        make: torch(
          torchFile(new Map([['w', { shape: [3, 2], data: Float32Array.of(1, 2, NaN, 4, 5, 6) }]])),
        ),
        names: /'w' holds NaN in row 1, column 0/,
      },
    ],
  },
  'word vectors': {
    call: vectors,
    of: [
      {
        damage: 'a .npy cut short',
        make: file('v.npy', Buffer.concat([npyHeader(3, 2), bytesOf(1, 2, 3)])),
        names: /3 x 2 values of 4 bytes, and 12 bytes/,
      },
      {
        damage: 'a .npy whose size lies',
        make: file('v.npy', Buffer.concat([npyHeader(2 ** 40, 300), bytesOf(1, 2)])),
        names: /1099511627776/,
      },
      {
        damage: 'a NaN in a .npy',
        make: file('v.npy', Buffer.concat([npyHeader(3, 2), bytesOf(1, 2, NaN, 4, 5, 6)])),
        names: /NaN/,
      },
      {
        damage: 'a line of text cut short',
        make: file('v.txt', Buffer.from('the 1 2 3\na 4 5\n')),
        names: /v\.txt:2: /,
      },
      {
        damage: 'a NaN in a text',
        make: file('v.txt', Buffer.from('the 1 2 3\na nan 5 6\n')),
        names: /v\.txt:2: /,
      },
      {
        damage: 'a .bin cut short',
        make: file('v.bin', word2vec(2).subarray(0, 25)),
        names: /more than the file's 25 bytes hold/,
      },
      { damage: 'a .bin whose count lies', make: file('v.bin', word2vec(2 ** 31)), names: /2147483648/ },
    ],
  },
};

describe('the command line on damaged and hostile files', function () {
  this.timeout(60_000);
  let scripts: string;
  before(async () => {
    scripts = await bundleScripts('real');
  });
  after(() => rm(scripts, { recursive: true, force: true }));

  for (const [format, { call, of }] of Object.entries(cases)) {
    for (const { damage, make, names } of of) {
      it(`ends with exit code 2, and names the fault: ${format}, ${damage}`, () =>
        withTemporaryFolder(async (folder) => {
          const name = await make(folder);
          const before = await readdir(folder);
          const { status, stdout, stderr } = spawnSync(
            process.execPath,
            ['--max-old-space-size=256', join(scripts, 'cli.cjs'), ...call(name)],
            { cwd: folder, encoding: 'utf8', timeout: 30_000 },
          );
          assert.equal(status, 2, stderr);
          assert.match(stderr, names);
          assert.ok(stderr.startsWith(join(folder, name)), `no file in front: ${stderr}`);
          assert.equal(stderr.trimEnd().split('\n').length, 1, 'one line, without a stack');
          assert.equal(stdout, '');
          assert.deepEqual(await readdir(folder), before, 'nothing is written');
        }));
    }
  }
});
