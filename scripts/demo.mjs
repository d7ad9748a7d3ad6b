/**
 * Everything at once: sets up, trains a model that tells spam from ham, and compresses it: `npm run demo`, or with
 * the engine's name: `npm run demo -- wasm`.
 */
import { spawn } from 'node:child_process';
import { setUp } from './setup.mjs';
import { root, say, seconds } from './setup/steps.mjs';

const engine = process.argv[2] ?? 'auto';
const started = performance.now();

function press(recipe) {
  return new Promise((resolve, reject) => {
    const args = ['dist/cli.cjs', 'run', recipe, '--engine', engine];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject).on('close', (code, signal) => {
      if (code === 0) return resolve();
      process.exitCode = code ?? 1;
      reject(new Error(`${recipe} ended with ${code ?? signal}.`));
    });
  });
}

try {
  await setUp('demo');
  say('\nTraining a deep averaging network on e-mails, from GloVe word vectors: demo/train.press.json\n');
  await press('demo/train.press.json');
  say('\nCompressing it at five sizes by two metrics, and retraining each: demo/compress.press.json\n');
  await press('demo/compress.press.json');
  say(`
All done in ${seconds(performance.now() - started)}. Try a compressed model:
  node dist/cli.cjs predict demo/models/compressed/task-k9 "You have won a prize, click here to claim"
To see it in VS Code: npm run package, then "Extensions: Install from VSIX…" with out/embedding-press.vsix, and open
this folder.`);
} catch (error) {
  say(error.message);
  process.exitCode ||= 1;
}
