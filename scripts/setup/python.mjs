import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, root, run, SetupError, stamp } from './steps.mjs';

const folder = join(cache, 'python');
const requirements = join(root, 'scripts/setup/python-requirements.txt');
const madeFrom = () => stamp(folder, requirements);

export const python = {
  name: 'Python with numpy, for the tests against it',
  ready: () => madeFrom().matches(),
  async run() {
    rmSync(folder, { recursive: true, force: true });
    try {
      await run('python3', ['-m', 'venv', folder]);
      const pip = ['-m', 'pip', 'install', '--quiet', '--only-binary=:all:', '-r', requirements];
      await run(join(folder, 'bin/python'), pip);
    } catch (error) {
      throw new SetupError(
        `${error.message}\nIt needs Python 3.10 to 3.13 with venv (Debian: python3-venv).`,
      );
    }
    madeFrom().write();
  },
  produces: folder,
};
