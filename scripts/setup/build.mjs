import { join } from 'node:path';
import { packageExtension } from '../package.mjs';
import { root, run } from './steps.mjs';

export const build = {
  name: 'the extension and the command line (esbuild)',
  ready: () => false,
  run: () => run(process.execPath, ['esbuild.mjs']),
  produces: join(root, 'dist'),
};

/** Comes before the build, for it leaves the scripts in dist/ without their source maps. */
export const vsix = {
  name: 'the extension as it is published, for the tests in a browser',
  ready: () => false,
  run: packageExtension,
  produces: join(root, 'out/embedding-press.vsix'),
};
