import assert from 'node:assert/strict';
import { isUntouchedCard } from '../../src/core/report/cardMark.ts';
import { escaped, modelCard } from '../../src/core/report/modelCard.ts';
import { textDefaults } from '../../src/core/recipe/defaults.ts';
import { randomCheckpoint } from '../support/randomCheckpoint.ts';

describe('modelCard', () => {
  const checkpoint = {
    ...randomCheckpoint({
      embedding: { rows: 9, dimension: 4, rank: 2 },
      body: { kind: 'dan', hidden: [] },
      head: 'softmax',
      classes: 2,
      masked: true,
    }),
    labels: ['<b>ham</b>', 'spam | [x](http://y)'],
    text: { ...textDefaults, outOfVocabularyToken: '`a`\n# b' },
  };
  const facts = {
    name: '# <script>',
    checkpoint,
    format: 'tfjs',
    storage: 'uint8',
    files: [{ name: 'model.json', bytes: 12, sha256: 'ab' }],
    version: '1.2.3',
    rounding: { part: 'test', sentences: 20, before: 0.85, after: 0.8 },
  } as const;

  it('holds nothing of the data that Markdown or HTML would take for its own', () => {
    const card = modelCard(facts);
    const outside = card.replace(/```[\s\S]*?```/g, '').replace(/<!-- embedding-press [0-9a-f]{64} -->/, '');
    assert.doesNotMatch(outside, /(^|[^\\])[<>]/);
    assert.doesNotMatch(outside, /(^|[^\\])\]\(/);
    assert.match(card, /\\<b\\>ham\\<\/b\\>, spam \\\| \\\[x\\\]/);
    assert.equal(escaped('a\nb\u2028c'), 'a b c');
  });

  it('tells the accuracy before and after the rounding, files and versions', () => {
    const card = modelCard(facts);
    assert.match(card, /rounding to uint8, on 20 test sentences: 0\.8000; before it 0\.8500/);
    assert.match(card, /model\\\.json \| 12 \| ab/);
    assert.match(card, /\| Embedding Press \| 1\.2\.3 \|/);
    assert.match(card, /tf\.loadLayersModel/);
  });

  it('tells of several labels a sentence, and how to get them all', () => {
    const several = { ...checkpoint, spec: { ...checkpoint.spec, head: 'multi-label' as const } };
    const card = modelCard({ ...facts, checkpoint: several });
    assert.match(card, /2 classes, any of which a sentence may have/);
    assert.match(card, /binary_accuracy/);
    assert.match(card, /^console\.log\(labels\.filter\(\(_, i\) => scores\[i\] > 0\.5\)\);$/m);
    assert.doesNotMatch(card, /Math\.max\(\.\.\.scores\)/);
    const keras = modelCard({ ...facts, checkpoint: several, format: 'keras' });
    assert.match(
      keras,
      /^print\(\[label for label, score in zip\(settings\["labels"\], scores\) if score > 0\.5\]\)$/m,
    );
    assert.doesNotMatch(keras, /argmax/);
  });

  it('takes a logit for the second class from 0 on, a probability from a half on', () => {
    const head = { head: 'sigmoid', classes: 2 } as const;
    for (const [logit, bound] of [
      [undefined, '0\\.5'],
      [true, '0'],
    ] as const) {
      const one = { ...checkpoint, spec: { ...checkpoint.spec, ...head, ...(logit && { logit }) } };
      for (const format of ['tfjs', 'keras', 'h5'] as const) {
        const card = modelCard({ ...facts, storage: 'float32', checkpoint: one, format });
        assert.match(card, new RegExp(`scores\\[0\\] > ${bound}\\)`), format);
      }
    }
  });

  it('tells of several texts a sentence, and how to give them all', () => {
    const body = {
      kind: 'graph',
      nodes: [{ name: 'mean', className: 'GlobalAveragePooling1D', config: {}, inputs: ['embedding'] }],
      hidden: [],
      inputs: [{ name: '<title>', length: 20 }, { name: 'body' }, { name: 'more' }],
      maskZero: false,
      dialect: 'keras',
    } as const;
    const several = { ...checkpoint, spec: { ...checkpoint.spec, body, masked: false } };
    const card = modelCard({ ...facts, checkpoint: several });
    assert.match(card, /takes 3 texts, .*: \\<title\\> \(20 tokens\), body, more\./);
    assert.match(card, /\[\['Text 1\.', 'Text 2\.', 'Text 3\.'\], JSON/);
    assert.doesNotMatch(card, /A sentence to classify/);
    const keras = modelCard({ ...facts, checkpoint: several, format: 'h5' });
    assert.match(keras, /^texts, settings = \["Text 1\.", "Text 2\.", "Text 3\."\], json/m);
    assert.match(keras, /load_model\("model\.h5"\)/);
  });

  it('tells what its lines read and a model came without, and how to give it', () => {
    const bare = { ...checkpoint, text: undefined, labels: undefined };
    const vocabulary = Array.from({ length: 9 }, (_, i) => `w${i}`);
    const form = (card: string): unknown => JSON.parse(/```json\n([^]*?)```/.exec(card)?.[1] ?? 'null');
    for (const format of ['tfjs', 'keras', 'safetensors'] as const) {
      const card = modelCard({ ...facts, format, checkpoint: bare });
      assert.deepEqual(form(card), { text: textDefaults, labels: ['class 0', 'class 1'] });
      assert.match(card, /`vocabulary\.txt`.* each of the 9 rows/);
      const whole = modelCard({ ...facts, format, checkpoint: { ...checkpoint, vocabulary } });
      assert.doesNotMatch(whole, /came with/);
    }
    // Lines that read no text lack nothing.
    const body = { kind: 'gru', units: 2, pooling: 'last', hidden: [] } as const;
    const gru = { ...randomCheckpoint({ ...checkpoint.spec, body }) };
    assert.doesNotMatch(modelCard({ ...facts, format: 'safetensors', checkpoint: gru }), /press\.json`/);
  });

  it('knows its own text from an edited one', () => {
    const card = modelCard(facts);
    assert.ok(isUntouchedCard(card));
    assert.ok(!isUntouchedCard(card.replace('20 test', '21 test')));
    assert.ok(!isUntouchedCard(`${card}\n`));
    assert.ok(!isUntouchedCard('# Mine\n'));
  });
});
