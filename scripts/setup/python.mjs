import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, note, root, run, SetupError, stamp } from './steps.mjs';

const folder = join(cache, 'python');
const interpreter = join(folder, 'bin/python');
const requirements = join(root, 'scripts/setup/python-requirements.txt');
const madeFrom = () => stamp(folder, requirements);

/** Best first: fastText's last wheels are for Python 3.10 and 3.11. */
const names = ['python3.11', 'python3.10', 'python3', 'python3.12', 'python3.13', '/usr/bin/python3'];
/** Ends well where it is a Python that all other packages have wheels for, and can make an environment. */
const fits = 'import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info < (3, 14))';
const debian = ['update', 'install -y --no-install-recommends python3 python3-venv'];

async function findInterpreter() {
  for (const name of names) {
    try {
      await run(name, ['-c', fits]);
      return name;
    } catch {
      // The next one, then: it is not there, too old or too new, or it lacks venv.
    }
  }
  return undefined;
}

/** Debian's and Ubuntu's own Python, where the machine has none that fits. */
async function installInterpreter() {
  if (process.platform !== 'linux' || process.getuid() !== 0) return;
  note('there is no Python that fits; installing one with apt-get …');
  for (const words of debian) {
    await run('apt-get', words.split(' '), { env: { DEBIAN_FRONTEND: 'noninteractive' } });
  }
}

async function makeEnvironment() {
  let base = await findInterpreter();
  if (base === undefined) {
    await installInterpreter();
    base = await findInterpreter();
  }
  if (base === undefined) {
    throw new SetupError('It needs Python 3.10 to 3.13 with venv (Debian: python3 and python3-venv).');
  }
  rmSync(folder, { recursive: true, force: true });
  note('downloading with pip, 2.6 GB on disk (more where pip finds PyTorch with CUDA only) …');
  await run(base, ['-m', 'venv', folder]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--only-binary=:all:', '-r', requirements];
  await run(interpreter, pip);
  madeFrom().write();
}

/** What the tests compare with. They are skipped where it cannot be had, but in CI, where nothing may be. */
export const python = {
  name: 'Python with numpy, PyTorch, Keras, scikit-learn and fastText, to compare with',
  ready: () => madeFrom().matches(),
  async run() {
    try {
      await makeEnvironment();
    } catch (error) {
      if (process.env.CI || !(error instanceof SetupError)) throw error;
      note(error.message.replaceAll('\n', '\n      '));
      note(
        'The tests that compare with Python are skipped, but for those whose packages python3 has itself.',
      );
    }
  },
  produces: folder,
};

/** The bench has nothing to measure against without them. */
export const peers = {
  name: 'that all of them load, for the benchmark',
  ready: () => false,
  async run() {
    try {
      await run(interpreter, ['-c', 'import numpy, torch, keras, sklearn, fasttext']);
    } catch (error) {
      throw new SetupError(
        `${error.message}\nThe benchmark needs Python 3.10 or 3.11: fastText has no wheels for others.`,
      );
    }
  },
};
