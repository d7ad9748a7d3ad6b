import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, note, root, run, SetupError, stamp } from './steps.mjs';

/** A virtual environment with what a file of requirements lists. */
function environment({ name, folder, requirements, versions, download }) {
  const list = join(root, 'scripts/setup', requirements);
  const madeFrom = () => stamp(folder, list);
  return {
    name,
    ready: () => madeFrom().matches(),
    async run() {
      rmSync(folder, { recursive: true, force: true });
      if (download) note(download);
      try {
        await run('python3', ['-m', 'venv', folder]);
        const pip = ['-m', 'pip', 'install', '--quiet', '--only-binary=:all:', '-r', list];
        await run(join(folder, 'bin/python'), pip);
      } catch (error) {
        throw new SetupError(
          `${error.message}\nIt needs Python ${versions} with venv (Debian: python3-venv).`,
        );
      }
      madeFrom().write();
    },
    produces: folder,
  };
}

export const python = environment({
  name: 'Python with numpy, for the tests against it',
  folder: join(cache, 'python'),
  requirements: 'python-requirements.txt',
  versions: '3.10 to 3.13',
});

export const peers = environment({
  name: 'PyTorch, Keras, scikit-learn and fastText, for the benchmark',
  folder: join(cache, 'peers'),
  requirements: 'peers-requirements.txt',
  // fastText's last wheels are for these.
  versions: '3.10 or 3.11',
  download: 'downloading with pip, 2.6 GB on disk (more where pip finds PyTorch with CUDA only) …',
});
