import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, SetupError } from './steps.mjs';

const packages = ['update', 'install -y --no-install-recommends chromium'];

/** The browser that the tests drive: CHROMIUM, or one on the PATH. */
export function findChromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

export const browser = {
  name: 'Chromium, for the tests in a browser',
  ready: () => findChromium() !== undefined,
  async run() {
    const byHand = packages.map((words) => `apt-get ${words}`).join(' && ');
    if (process.getuid?.() !== 0) {
      throw new SetupError(
        `Chromium is missing, and only root may install it: sudo sh -c '${byHand}'\n` +
          'Or set CHROMIUM to the path of a browser that is there.',
      );
    }
    for (const words of packages) {
      await run('apt-get', words.split(' '), { env: { DEBIAN_FRONTEND: 'noninteractive' } });
    }
  },
};
