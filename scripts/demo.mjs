/** The main job on real data: sets up, trains a classifier of e-mails, and compresses it. `npm run demo`. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setUp } from './setup.mjs';
import { root, say, seconds } from './setup/steps.mjs';

const started = performance.now();
await setUp('demo');
for (const [recipe, what] of [
  [
    'demo/train.press.json',
    'Training a deep averaging network on the SpamAssassin corpus, with GloVe vectors',
  ],
  [
    'demo/compress.press.json',
    'Compressing it at R = 0.5, 0.7, 0.9, 0.95 and 0.98, and retraining with CALR',
  ],
]) {
  say(`\n── ${what} ──`);
  const code = await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'dist/cli.cjs'), 'run', recipe], {
      cwd: root,
      stdio: 'inherit',
    });
    child.on('error', reject).on('close', resolve);
  });
  if (code !== 0) process.exit(code ?? 1);
}
say(`
The whole took ${seconds(performance.now() - started)}. The compressed checkpoints are in demo/models, one folder for each
metric and rank; each loads with tf.loadLayersModel. To see the curves, install the extension (npm run package, then
"Extensions: Install from VSIX…"), open this folder in VS Code, and click the run in the sidebar Embedding Press, or use
the command "Embedding Press: Open Panel". To classify a text with the smallest model:

    node dist/cli.cjs predict demo/models/task-rank1 "Congratulations, you have won a free prize"
`);
