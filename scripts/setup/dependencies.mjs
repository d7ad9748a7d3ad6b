import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm, root } from './steps.mjs';

const packagesOf = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;

/** npm keeps in node_modules a lock of what it put there; it is compared with the project's, package by package. */
function installed() {
  const hidden = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(hidden)) return false;
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const there = packagesOf(hidden);
  return (
    Object.keys(there).every((path) => path in wanted) &&
    Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
      if (path === '') return true;
      if (!(path in there)) return optional === true;
      return there[path].version === version && there[path].integrity === integrity;
    })
  );
}

/** Install scripts stay off: what the project needs of them, the engine, has a step of its own. */
export const dependencies = {
  name: "the project's packages (npm ci)",
  ready: installed,
  run: () => npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund']),
  produces: join(root, 'node_modules'),
};
