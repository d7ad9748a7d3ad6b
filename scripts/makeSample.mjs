// Makes the bundled sample: short messages of the SpamAssassin corpus, and a small classifier trained on them.
// Needs the demo's data and a build: `node scripts/setup.mjs demo` first. The result is in the repository.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sample = join(root, 'sample');
const messagesOfClass = { ham: 480, spam: 360 };
const wordsOfMessage = 60;
const wordsOfVocabulary = 3500;
const dimension = 32;

/** Not to be met by somebody who tries a product; and what the corpus has not decoded. */
const unfit =
  /\b(sex\w*|porn\w*|erotic\w*|xxx|penis\w*|orgasm\w*|viagra|breasts?|nude|nudity|naked\w*|fuck\w*|shit\w*|horny|amateurs?|hardcore|gays?|adult\w*|teens?|lonely|chastity|playboy|dating|lust\w*|pussy|cocks?|cum|pheromones?|s e x)\b|\ufffd/iu;

const hideAddresses = (text) =>
  text
    .replace(/\S+@\S+/g, 'address')
    .replace(/(https?:\/\/|www\.)\S+/gi, 'link')
    .replace(/\+?\d[\d ().-]{7,}\d/g, 'number');

const rows = readFileSync(join(root, '.cache/data/spam-assassin/train.tsv'), 'utf8')
  .trim()
  .split('\n')
  .slice(1);
const taken = { ham: 0, spam: 0 };
const seen = new Set();
const messages = [];
for (const row of rows) {
  const [label, text] = row.split('\t');
  const words = hideAddresses(text).split(' ').slice(0, wordsOfMessage).join(' ');
  if (taken[label] >= messagesOfClass[label] || words.length < 60 || seen.has(words)) continue;
  if (unfit.test(words)) continue;
  taken[label]++;
  seen.add(words);
  messages.push(`${label}\t${words}`);
}

const counts = new Map();
for (const [word] of messages
  .join('\n')
  .toLowerCase()
  .matchAll(/[\p{L}\p{N}]+|[\p{P}\p{S}]/gu)) {
  counts.set(word, (counts.get(word) ?? 0) + 1);
}
const frequent = [...counts].sort((a, b) => b[1] - a[1]).map(([word]) => word);

/** The first values of GloVe's vectors of the given words, as GloVe text. */
function vectorsOf(words, dimension) {
  const wanted = new Set(words);
  const bytes = readFileSync(join(root, '.cache/data/glove.6B.100d.bin'));
  const lines = [];
  for (let at = bytes.indexOf('\n') + 1; at < bytes.length;) {
    const space = bytes.indexOf(' ', at);
    const word = bytes.toString('utf8', at, space);
    if (wanted.has(word)) {
      const values = Array.from({ length: dimension }, (_, i) => bytes.readFloatLE(space + 1 + 4 * i));
      lines.push([word, ...values].join(' '));
    }
    at = space + 1 + 4 * 100;
  }
  return lines;
}

const data = {
  train: { path: 'messages.tsv', format: 'tsv' },
  validation: { fraction: 0.2 },
  test: { fraction: 0.2 },
};
const text = { tokenizer: 'words', maxLength: 80 };
const work = mkdtempSync(join(tmpdir(), 'sample-'));
try {
  writeFileSync(join(work, 'messages.tsv'), ['label\ttext', ...messages].join('\n') + '\n');
  const vectors = vectorsOf(frequent, dimension);
  const known = new Set(vectors.map((line) => line.slice(0, line.indexOf(' '))));
  const words = frequent.filter((word) => known.has(word)).slice(0, wordsOfVocabulary);
  writeFileSync(join(work, 'vectors.txt'), vectors.join('\n') + '\n');
  writeFileSync(join(work, 'words.txt'), ['<pad>', '<unk>', ...words].join('\n') + '\n');
  const training = {
    train: {
      architecture: 'dan',
      hidden: [24],
      embedding: { dimension, vectors: 'vectors.txt' },
      epochs: 16,
      schedule: { name: 'constant', rate: 0.003 },
    },
    vocabulary: 'words.txt',
    text,
    data,
    output: 'models',
  };
  writeFileSync(join(work, 'train.press.json'), JSON.stringify(training));
  execFileSync(process.execPath, [join(root, 'dist/cli.cjs'), 'run', join(work, 'train.press.json')], {
    stdio: 'inherit',
  });
  rmSync(sample, { recursive: true, force: true });
  mkdirSync(sample);
  cpSync(join(work, 'messages.tsv'), join(sample, 'messages.tsv'));
  cpSync(join(work, 'models/uncompressed'), join(sample, 'model'), { recursive: true });
} finally {
  rmSync(work, { recursive: true, force: true });
}
const recipe = {
  model: 'model',
  data,
  compress: { metric: ['task', 'spectrum'], ranks: [16, 8, 4, 2, 1] },
  retrain: { epochs: 4 },
};
writeFileSync(join(sample, 'sample.press.json'), JSON.stringify(recipe, undefined, 2) + '\n');
writeFileSync(
  join(sample, 'README.md'),
  `# The sample

A classifier of short messages as \`ham\` or \`spam\`, and the messages that it was trained on: ${messages.length} of the
public-domain SpamAssassin corpus, cut to ${wordsOfMessage} words, with addresses, links and telephone numbers taken out. Run
\`sample.press.json\` to compress the model's word embedding at five ranks.
`,
);
execFileSync('npx', ['prettier', '--write', sample], { cwd: root, stdio: 'inherit' });
