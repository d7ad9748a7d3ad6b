import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { inspectCheckpoint } from '../../src/core/checkpoint/inspect.ts';
import { takeTextLayer } from '../../src/core/checkpoint/keras/textLayer.ts';
import { readSettings } from '../../src/core/checkpoint/settings.ts';
import { factorizeCheckpoint } from '../../src/core/embedding/factorizeCheckpoint.ts';
import { readRecipe } from '../../src/core/recipe/readRecipe.ts';
import { modelCard } from '../../src/core/report/modelCard.ts';
import { prepareData } from '../../src/core/sweep/prepare.ts';
import { textModel, words, config } from '../support/textModel.ts';

describe('a TextVectorization in a model of Keras', () => {
  let folder = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'press-text-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('gives the vocabulary and the text settings, from the archive or from its config', async () => {
    for (const [format, wordsInConfig] of [
      ['keras', false],
      ['keras', true],
      ['h5', true],
    ] as const) {
      const before = textModel({ wordsInConfig, inputShape: wordsInConfig ? [null, 1] : [null] });
      const target = join(folder, `${format}-${wordsInConfig}`);
      await writeCheckpoint(target, before, format);
      // What lies beside the model does not count any more.
      await writeFile(join(target, 'vocabulary.txt'), 'a\nb\n');
      const { textLayer, ...after } = await readCheckpoint(target);
      const { textLayer: layerBefore, ...rest } = before;
      assert.deepEqual(after, rest);
      assert.deepEqual(textLayer, { ...layerBefore, config: { ...config, dtype: 'string' } });
      const { vocabulary, text } = await inspectCheckpoint(target);
      assert.deepEqual([vocabulary, text], [7, before.text]);
    }
  });

  it('reads the data of a recipe that names neither', async () => {
    await writeCheckpoint(join(folder, 'model'), textModel(), 'keras');
    await rm(join(folder, 'model/press.json'));
    await rm(join(folder, 'model/vocabulary.txt'));
    await writeFile(
      join(folder, 'data.tsv'),
      'label\ttext\nno\tBad, BAD film!\nyes\ta good\u00a0film good film film\n',
    );
    const recipe = { model: 'model', data: { train: { path: 'data.tsv', format: 'tsv' } }, compress: {} };
    const validation = { path: 'data.tsv', format: 'tsv' };
    const path = join(folder, 'a.press.json');
    await writeFile(path, JSON.stringify({ ...recipe, data: { ...recipe.data, validation } }));
    const { train } = await prepareData(await readRecipe(path), await readCheckpoint(join(folder, 'model')));
    const [{ ids } = { ids: [] }] = train.chunks();
    // 'good film' with a no-break space is one unknown word there, and the fifth word is cut off.
    assert.deepEqual([...ids], [3, 3, 4, 1, 1, 2, 4]);
  });

  it('stays through a factorization, and in a folder of tfjs', async () => {
    await writeCheckpoint(join(folder, 'model'), textModel(), 'keras');
    await factorizeCheckpoint(join(folder, 'model'), join(folder, 'small'), { size: { rank: 2 } });
    const small = await readCheckpoint(join(folder, 'small/model.keras'));
    assert.equal(small.spec.embedding.rank, 2);
    await writeCheckpoint(join(folder, 'tfjs'), small, 'tfjs');
    const read = await readCheckpoint(join(folder, 'tfjs'));
    assert.deepEqual(read.textLayer, small.textLayer);
    assert.deepEqual(read.vocabulary, textModel().vocabulary);
  });

  it('is left out where the text is read otherwise by now', async () => {
    const before = textModel();
    for (const [name, changed] of Object.entries<Partial<Checkpoint>>({
      text: { text: { ...before.text!, lowercase: false } },
      words: { vocabulary: ['<pad>', '<unk>', 'a', 'b', 'c', 'd', 'e'] },
    })) {
      await writeCheckpoint(join(folder, name), { ...before, ...changed }, 'keras');
      const after = await readCheckpoint(join(folder, name));
      assert.equal(after.textLayer, undefined);
      assert.deepEqual(after.vocabulary, changed.vocabulary ?? before.vocabulary);
      assert.deepEqual(after.text, changed.text ?? before.text);
    }
  });

  it('is what the model card feeds with text', () => {
    const facts = { name: 'a', format: 'keras', storage: 'float32', files: [], version: '1' } as const;
    assert.match(modelCard({ ...facts, checkpoint: textModel() }), /tensorflow\.constant\("A sentence/);
    const { textLayer: _, ...without } = textModel();
    assert.doesNotMatch(modelCard({ ...facts, checkpoint: without }), /tensorflow/);
  });

  describe('is refused, by name,', () => {
    const input = { class_name: 'InputLayer', config: { name: 'text', batch_input_shape: [null] } };
    const layer = { class_name: 'TextVectorization', config };
    const other = { class_name: 'Lambda', config: { name: 'strip' } };
    const sequential = (...layers: unknown[]) => ({ class_name: 'Sequential', config: { layers } });
    const listed = words.join('\n');

    for (const [what, topology, assets, said] of [
      ['twice in a model', sequential(input, layer, layer), listed, /'vectors'.*one of them at most/],
      ['after another layer', sequential(input, other, layer), listed, /'vectors'.*right after the input/],
      [
        'with texts of several columns',
        sequential({ ...input, config: { batch_input_shape: [null, 2] } }, layer),
        listed,
        /'vectors'.*\[null,2\]/,
      ],
      ['without words', sequential(input, layer), undefined, /words of the layer 'vectors'/],
      [
        'with a path for words',
        sequential(input, { ...layer, config: { ...config, vocabulary: '/etc/passwd' } }),
        listed,
        /words of the layer 'vectors'/,
      ],
      ['with a word twice', sequential(input, layer), `${listed}\ngood`, /'good' twice/],
      ['with an empty word', sequential(input, layer), `${listed}\n\n`, /empty/],
      [
        'with characters for words',
        sequential(input, { ...layer, config: { ...config, split: 'character' } }),
        listed,
        /"split": "character"/,
      ],
    ] as const) {
      it(what, () => {
        assert.throws(() => takeTextLayer(topology, assets, 'm.keras'), { name: 'UserError', message: said });
      });
    }

    it('with more words than the table has rows', async () => {
      const { tokenizer } = takeTextLayer(sequential(input, layer), listed, 'm.keras');
      await assert.rejects(readSettings(folder, { rows: 4, masked: true, tokenizer }), {
        code: 'vocabulary-size',
        message: /has 5 words.* 4 rows/,
      });
    });
  });
});
