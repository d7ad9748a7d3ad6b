import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import type { Checkpoint, ModelSpec } from '../../src/core/checkpoint/checkpoint.ts';
import { checkTarget, readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { writtenFormats } from '../../src/core/checkpoint/fileNames.ts';
import { readSafetensors, writeSafetensors } from '../../src/core/checkpoint/safetensors.ts';
import { storagesOf } from '../../src/core/checkpoint/storageTypes.ts';
import { CancelledError } from '../../src/core/errors.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';

const dan: ModelSpec = {
  embedding: { rows: 5, dimension: 4, rank: 2 },
  body: { kind: 'dan', hidden: [3] },
  head: 'softmax',
  classes: 2,
  masked: true,
};
const peepholes: ModelSpec = {
  ...dan,
  body: { kind: 'lstm', units: 3, pooling: 'mean', peepholes: true, hidden: [] },
};

const gru: ModelSpec = { ...dan, body: { kind: 'gru', units: 3, pooling: 'last', hidden: [2] } };
const cnn: ModelSpec = { ...dan, body: { kind: 'cnn', widths: [2, 3], filters: 4, hidden: [] } };

/** With all that lies beside a model. */
function wholeCheckpoint(spec: ModelSpec): Checkpoint {
  return {
    ...randomCheckpoint(spec),
    vocabulary: ['', '<unk>', 'the film', 'naïve', '"\u2028'],
    labels: ['ham', 'spam'],
    text: {
      tokenizer: 'words',
      lowercase: true,
      maxLength: 9,
      padding: 'left',
      outOfVocabularyToken: '<unk>',
    },
  };
}

function byName({ weights }: Checkpoint): unknown[] {
  return [...weights].sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('checkpoints', () => {
  let folder = '';
  let model = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-'));
    model = join(folder, 'model');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const saved = [
    ['tfjs', dan],
    ['tfjs', cnn],
    ['safetensors', peepholes],
    ['safetensors', gru],
  ] as const;
  for (const [name, spec] of saved) {
    it(`of a ${spec.body.kind} come back from ${name} bit for bit, with all that lies beside them`, async () => {
      const checkpoint = wholeCheckpoint(spec);
      const { format, notes } = await writeCheckpoint(model, checkpoint);
      assert.equal(format, name);
      assert.equal(notes.length, 1);
      const file = join(model, name === 'tfjs' ? 'model.json' : 'model.safetensors');
      for (const path of [model, model + sep, file]) {
        const back = await readCheckpoint(path);
        assert.deepEqual(byName(back), byName(checkpoint));
        assert.deepEqual({ ...back, weights: 0 }, { ...checkpoint, weights: 0 });
      }
    });
  }

  it('are refused where the description has an improper body', async () => {
    const checkpoint = randomCheckpoint(gru);
    await writeCheckpoint(model, checkpoint);
    const improper = [
      [{ ...gru.body, kind: 'rnn' }, 'body.kind'],
      [{ ...gru.body, units: 0 }, 'body.units'],
      [{ ...cnn.body, widths: [2, 2] }, 'body.widths'],
      [{ ...cnn.body, widths: [] }, 'body.widths'],
      [{ ...cnn.body, filters: 1.5 }, 'body.filters'],
    ] as const;
    for (const [body, field] of improper) {
      const spec = JSON.stringify({ ...gru, body });
      await writeSafetensors(join(model, 'model.safetensors'), checkpoint.weights, { spec });
      await assert.rejects(readCheckpoint(model), (error: { code: string; place: { item: string } }) => {
        assert.equal(error.code, 'model-description');
        assert.equal(error.place.item, field);
        return true;
      });
    }
  });

  it('leave undefined what does not lie beside them', async () => {
    await writeCheckpoint(model, randomCheckpoint(dan));
    const read = await readCheckpoint(model);
    assert.deepEqual([read.vocabulary, read.labels, read.text], [undefined, undefined, undefined]);
    await rm(join(model, 'press.json'));
    assert.equal((await readCheckpoint(model)).text, undefined);
  });

  describe('a target folder', () => {
    const names = async (): Promise<string[]> => (await readdir(folder)).sort();

    it('is replaced where it is a checkpoint written here, or empty, and leaves nothing behind', async () => {
      await mkdir(model);
      assert.equal(await checkTarget(model), true);
      await writeCheckpoint(model + sep, wholeCheckpoint(peepholes));
      await writeCheckpoint(model, randomCheckpoint(dan));
      assert.deepEqual(await names(), ['model']);
      assert.deepEqual((await readdir(model)).sort(), ['group1-shard1of1.bin', 'model.json', 'press.json']);
      assert.equal(await checkTarget(join(folder, 'new')), false);
    });

    it('is kept where it holds anything else', async () => {
      await writeCheckpoint(model, randomCheckpoint(dan));
      const foreign = join(folder, 'foreign');
      await cp(model, foreign, { recursive: true });
      await rm(join(foreign, 'press.json'));
      await writeFile(join(model, 'thesis.txt'), 'the only copy');
      const file = join(folder, 'file');
      await writeFile(file, '');
      for (const path of [model, foreign, file]) {
        await assert.rejects(writeCheckpoint(path, randomCheckpoint(dan)), { code: 'output-exists' });
      }
      assert.deepEqual(await names(), ['file', 'foreign', 'model']);
      assert.equal(await readFile(join(model, 'thesis.txt'), 'utf8'), 'the only copy');
    });

    it('keeps the old checkpoint, and nothing else, where writing fails', async () => {
      const old = wholeCheckpoint(dan);
      await writeCheckpoint(model, old);
      const bad = randomCheckpoint(dan);
      bad.weights.delete('head/bias');
      await assert.rejects(writeCheckpoint(model, bad), /head\/bias/);
      assert.deepEqual(await names(), ['model']);
      assert.deepEqual(byName(await readCheckpoint(model)), byName(old));
    });

    it('keeps the old checkpoint, and nothing else, wherever writing is stopped', async () => {
      const old = wholeCheckpoint(dan);
      await writeCheckpoint(model, old);
      const checkpoint = randomCheckpoint(dan);
      const ways = writtenFormats.flatMap((format) =>
        storagesOf(format).map((storage) => ({ format, storage })),
      );
      for (const { format, storage } of ways) {
        let asked = 0;
        const count = (): void => {
          asked++;
        };
        await writeCheckpoint(join(folder, 'whole'), checkpoint, format, { storage, watch: count });
        await rm(join(folder, 'whole'), { recursive: true });
        // For each weight, and before the folder takes its place.
        assert.ok(asked > checkpoint.weights.size, `${format}, ${storage}`);
        for (let last = 1; last <= asked; last++) {
          let left = last;
          const watch = (): void => {
            if (--left === 0) throw new CancelledError();
          };
          await assert.rejects(
            writeCheckpoint(model, checkpoint, format, { storage, watch }),
            CancelledError,
          );
          assert.deepEqual(await names(), ['model']);
          assert.deepEqual(byName(await readCheckpoint(model)), byName(old));
        }
      }
    });
  });

  describe('the vocabulary', () => {
    it('must have a word for each row, when written and when read', async () => {
      const checkpoint = wholeCheckpoint(dan);
      const short = { ...checkpoint, vocabulary: ['', 'a', 'b'] };
      const error = { code: 'vocabulary-size', message: /3 words, and the model's table has 5 rows/ };
      await assert.rejects(writeCheckpoint(model, short), error);
      await writeCheckpoint(model, checkpoint);
      await writeFile(join(model, 'vocabulary.txt'), '\na\nb\n');
      await assert.rejects(readCheckpoint(model), error);
    });

    for (const word of ['two\nlines', 'return\r']) {
      it(`does not take the word ${JSON.stringify(word)}, which a file of lines would change`, async () => {
        const checkpoint = { ...wholeCheckpoint(dan), vocabulary: ['', 'a', word, 'b', 'c'] };
        await assert.rejects(writeCheckpoint(model, checkpoint), {
          code: 'word-with-line-break',
          message: /row 2/,
        });
        assert.deepEqual(await readdir(folder), []);
      });
    }

    const foreign: [string, string][] = [
      ['vocab.txt', '<pad>\na\nb\nc\nd\n'],
      ['vocabulary.json', '{"a": 1, "b": 2, "c": 3, "d": 4}'],
      ['word_index.json', '{"<pad>": 0, "d": 4, "c": 3, "b": 2, "a": 1}'],
    ];
    for (const [name, text] of foreign) {
      it(`of a foreign model is read from ${name}`, async () => {
        await writeCheckpoint(model, randomCheckpoint(dan));
        await rm(join(model, 'press.json'));
        await writeFile(join(model, name), text);
        assert.deepEqual((await readCheckpoint(model)).vocabulary, ['<pad>', 'a', 'b', 'c', 'd']);
      });
    }
  });

  describe('the settings', () => {
    const damages: [string, string, string][] = [
      ['no JSON', '{', 'invalid-json'],
      ['of another version', '{"formatVersion": 2}', 'model-settings'],
      ['with labels that are no list of strings', '{"formatVersion": 1, "labels": [1]}', 'model-settings'],
      [
        'with half of the text settings',
        '{"formatVersion": 1, "text": {"tokenizer": "words"}}',
        'model-settings',
      ],
    ];
    for (const [what, text, code] of damages) {
      it(`${what} are refused`, async () => {
        await writeCheckpoint(model, wholeCheckpoint(dan));
        await writeFile(join(model, 'press.json'), text);
        await assert.rejects(readCheckpoint(model), { name: 'UserError', code });
      });
    }

    it('must have a label for each class, when written and when read', async () => {
      const error = { code: 'label-count', message: /2 classes, and 1 labels/ };
      await assert.rejects(writeCheckpoint(model, { ...wholeCheckpoint(dan), labels: ['one'] }), error);
      await writeCheckpoint(model, wholeCheckpoint(dan));
      await writeFile(join(model, 'press.json'), '{"formatVersion": 1, "labels": ["one"]}');
      await assert.rejects(readCheckpoint(model), error);
    });
  });

  describe('safetensors files that are none of ours', () => {
    let file = '';
    beforeEach(async () => {
      await writeCheckpoint(model, randomCheckpoint(peepholes));
      file = join(model, 'model.safetensors');
    });

    async function rewrite(
      edit: (tensors: Checkpoint['weights'], metadata: Record<string, string>) => void,
    ): Promise<void> {
      const { tensors, metadata } = await readSafetensors(file);
      const changed = { ...metadata };
      edit(tensors, changed);
      await writeSafetensors(file, tensors, changed);
    }

    it('are refused without a spec, or with one that is none', async () => {
      await rewrite((_, metadata) => (metadata.spec = '{}'));
      await assert.rejects(readCheckpoint(model), { code: 'model-description', message: /'embedding'/ });
      await rewrite((_, metadata) => delete metadata.spec);
      await assert.rejects(readCheckpoint(model), { code: 'no-spec' });
    });

    it('are refused where a weight is missing, or of another shape, or not finite, by name', async () => {
      await rewrite((tensors) => tensors.get('embedding/B')!.data.fill(NaN, 3, 4));
      await assert.rejects(readCheckpoint(model), { message: /'embedding\/B' holds NaN at position 3/ });
      await rewrite((tensors) => tensors.set('lstm/peephole', { shape: [9], data: new Float32Array(9) }));
      await assert.rejects(readCheckpoint(model), { message: /'lstm\/peephole' is 9, where 3 x 3/ });
      await rewrite((tensors) => tensors.delete('lstm/peephole'));
      await assert.rejects(readCheckpoint(model), { message: /'lstm\/peephole' is missing/ });
    });
  });

  it('are refused where the path is none', async () => {
    await assert.rejects(readCheckpoint(model), { code: 'file-not-found' });
    await mkdir(model);
    await assert.rejects(readCheckpoint(model), { code: 'no-model' });
    await writeFile(join(model, 'model.bin'), '');
    await assert.rejects(readCheckpoint(join(model, 'model.bin')), { code: 'unknown-format' });
    const other = join(folder, 'other');
    await mkdir(other);
    await assert.rejects(readCheckpoint(other), {
      code: 'no-model',
      hint: 'Name the folder of a checkpoint.',
    });
    await writeFile(join(other, 'mine.PT'), '');
    await assert.rejects(readCheckpoint(other), { code: 'no-model', hint: /mine\.PT/ });
  });
});
