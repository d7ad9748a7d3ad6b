import { join } from 'node:path';
import { root, run } from './steps.mjs';

export const build = {
  name: 'the extension and the command line (esbuild)',
  ready: () => false,
  run: () => run(process.execPath, ['esbuild.mjs']),
  produces: join(root, 'dist'),
};
