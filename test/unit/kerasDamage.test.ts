import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { readHdf5, writeHdf5 } from '../../src/core/checkpoint/keras/hdf5.ts';
import { UserError } from '../../src/core/errors.ts';
import { dan, spec, weights, writeDan, writeWeights } from '../support/danFiles.ts';
import { zip } from '../support/zip.ts';

const fixtures = join(import.meta.dirname, '../fixtures/keras');

describe('damaged and hostile Keras files', () => {
  let folder = '';
  let path = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-'));
    path = join(folder, 'model.h5');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function refused(code: string, message: RegExp, item?: string): Promise<void> {
    await assert.rejects(readCheckpoint(path), (error: unknown) => {
      assert.ok(error instanceof UserError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      assert.equal(error.place?.file, path);
      if (item !== undefined) assert.equal(error.place.item, item);
      return true;
    });
  }

  it('of another kind are told apart', async () => {
    await writeFile(path, 'something else');
    await refused('no-keras-model', /neither an archive nor an HDF5 file/);
    await writeFile(path, await zip([['readme.txt', Buffer.from('hello')]]));
    await refused('no-keras-model', /an archive without config\.json/);
    await rm(path);
    await writeHdf5(path, (file) => file.write('/data', [2], Float32Array.of(1, 2)));
    await refused('no-keras-model', /without model_config/);
  });

  it('of sound parts are read', async () => {
    await writeHdf5(path, (file) => writeDan(file));
    const { spec: found } = await readCheckpoint(path);
    assert.deepEqual(found, spec);
  });

  describe('.keras archives', () => {
    let config = Buffer.alloc(0);
    let h5 = Buffer.alloc(0);
    before(async () => {
      const made = await mkdtemp(join(tmpdir(), 'press-'));
      await writeHdf5(join(made, 'weights.h5'), (file) => writeWeights(file));
      h5 = await readFile(join(made, 'weights.h5'));
      config = Buffer.from(JSON.stringify(dan));
      await rm(made, { recursive: true });
    });

    it('that are compressed are read', async () => {
      await writeFile(
        path,
        await zip([
          ['config.json', config, true],
          ['model.weights.h5', h5, true],
        ]),
      );
      assert.deepEqual((await readCheckpoint(path)).spec, spec);
    });

    it('without weights, or with a config that is no JSON, are refused', async () => {
      await writeFile(path, await zip([['config.json', config]]));
      await refused('weights-missing', /no model\.weights\.h5/, 'model.weights.h5');
      await writeFile(
        path,
        await zip([
          ['config.json', Buffer.from('{')],
          ['model.weights.h5', h5],
        ]),
      );
      await refused('invalid-json', /config\.json is no JSON/, 'config.json');
    });

    it('with an entry that is there twice are refused', async () => {
      const name = 'model.weights.h5';
      await writeFile(
        path,
        await zip([
          ['config.json', config],
          [name, h5],
          [name, h5],
        ]),
      );
      await refused('damaged-keras', /'model\.weights\.h5' twice/, name);
    });

    it('with an entry that leads out are refused', async () => {
      const archive = await zip([
        ['config.json', config],
        ['model.weights.h5', h5],
        ['up/up/secret', Buffer.from('x')],
      ]);
      // The writer refuses such a name.
      await writeFile(path, Buffer.from(archive.toString('latin1').replaceAll('up/up/', '../../'), 'latin1'));
      await refused('damaged-keras', /\.\.\/\.\.\/secret/);
    });

    it('with an entry that unpacks to more than it claims, or to more than is read, are refused', async () => {
      const bomb = Buffer.alloc(70 * 2 ** 20);
      const archive = await zip([
        ['config.json', bomb, true],
        ['model.weights.h5', h5],
      ]);
      assert.ok(archive.length < 200_000);
      await writeFile(path, archive);
      await refused(
        'damaged-keras',
        /'config\.json' unpacks to 73400320 bytes, where at most/,
        'config.json',
      );
      // The size that the directory claims, in the two places where it stands.
      const size = Buffer.alloc(4);
      size.writeUInt32LE(bomb.length);
      for (let at = archive.indexOf(size); at >= 0; at = archive.indexOf(size, at))
        archive.writeUInt32LE(100, at);
      await writeFile(path, archive);
      await refused('damaged-keras', /too many bytes|100/, 'config.json');
    });

    it('with weights that unpack to far more than weights do are refused', async () => {
      const entries = [
        ['config.json', config],
        ['model.weights.h5', Buffer.alloc(2 ** 24), true],
      ] as const;
      await writeFile(path, await zip(entries));
      await refused('damaged-keras', /unpacks from \d+ to 16777216 bytes/, 'model.weights.h5');
    });

    it('with entries that share their bytes are refused', async () => {
      const archive = await zip([
        ['config.json', config],
        ['model.weights.h5', h5],
      ]);
      // In the directory, the second entry is where the first one is.
      archive.writeUInt32LE(0, archive.lastIndexOf('PK\x01\x02') + 42);
      await writeFile(path, archive);
      await refused('damaged-keras', /lies over another/, 'model.weights.h5');
    });

    it('of a config that is nested without end are refused', async () => {
      const endless = Buffer.from(`{"config":${'['.repeat(1e5)}${']'.repeat(1e5)}}`);
      await writeFile(
        path,
        await zip([
          ['config.json', endless],
          ['model.weights.h5', h5],
        ]),
      );
      await refused('invalid-json', /config\.json is no JSON/, 'config.json');
    });

    it('that are cut short are refused', async () => {
      const archive = await zip([
        ['config.json', config],
        ['model.weights.h5', h5],
      ]);
      for (const length of [10, 300, archive.length - 30]) {
        await writeFile(path, archive.subarray(0, length));
        await refused('damaged-keras', /no whole \.keras archive/);
      }
    });
  });

  describe('.h5 files', () => {
    it('that are cut short are refused', async () => {
      const whole = await readFile(join(fixtures, 'cnn-3.h5'));
      for (const length of [8, 100, 3000, whole.length - 1]) {
        await writeFile(path, whole.subarray(0, length));
        await refused('damaged-hdf5', /cannot be read/);
      }
    });

    const changed: [string, string, RegExp, string, (tensors: typeof weights) => void][] = [
      [
        'with a NaN',
        'weight-not-finite',
        /'head\/kernel' holds NaN at position 2/,
        'head/kernel',
        (tensors) => tensors.set('head/kernel', { shape: [3, 2], data: new Float32Array(6).fill(NaN, 2, 3) }),
      ],
      [
        'with a weight of another shape',
        'weight-shape',
        /'words\/embeddings' is 4 x 3, where the layers ask for 5 x 3/,
        'words/embeddings',
        (tensors) => tensors.set('words/embeddings', { shape: [4, 3], data: new Float32Array(12) }),
      ],
      [
        'without a weight',
        'weight-missing',
        /'head\/bias' .* is missing/,
        'head/bias',
        (tensors) => tensors.delete('head/bias'),
      ],
    ];
    for (const [name, code, message, item, change] of changed) {
      it(`${name} are refused`, async () => {
        const tensors = new Map(weights);
        change(tensors);
        await writeHdf5(path, (file) => writeDan(file, dan, tensors));
        await refused(code, message, item);
      });
    }

    it('with a layer that is not understood name it', async () => {
      const model = structuredClone(dan);
      model.config.layers[1]!.class_name = 'MultiHeadAttention';
      await writeHdf5(path, (file) => writeDan(file, model));
      await refused('unsupported-layer', /'mean' \(MultiHeadAttention\)/, 'mean');
    });

    it('with an array that claims more than the file holds are refused before it is read', async () => {
      const object = '/model_weights/embedding_1/embedding_1/embeddings';
      path = join(fixtures, 'sparse.h5');
      await refused(
        'damaged-hdf5',
        /embeddings' claims 268435456 x 4 numbers of a file of \d+ bytes/,
        object,
      );
      const bytes = await readFile(join(fixtures, 'cnn-3.h5'));
      const shape = Buffer.alloc(16);
      shape.writeBigUInt64LE(9n);
      shape.writeBigUInt64LE(4n, 8);
      for (let at = bytes.indexOf(shape); at >= 0; at = bytes.indexOf(shape, at)) {
        bytes.writeBigUInt64LE(2n ** 28n, at);
      }
      path = join(folder, 'model.h5');
      await writeFile(path, bytes);
      await refused('damaged-hdf5', /cannot be read: at '.*embeddings'/, object);
    });
  });

  it('that keep the library busy without end are given up', async () => {
    const file = join(fixtures, 'endless.h5');
    const source = { path: file, offset: 0, bytes: (await stat(file)).size };
    const read = readHdf5(source, (hdf5) => hdf5.texts('/', 'model_config'), 1500);
    await assert.rejects(read, /keeps the HDF5 library busy without end/);
    // The next file has a library of its own.
    assert.equal((await readCheckpoint(join(fixtures, 'cnn-3.h5'))).spec.classes, 2);
  });
});
