/**
 * Gets all that the project needs: `node scripts/setup.mjs [demo|test|bench]`. What is there already is skipped.
 * Needs Node alone, and installs nothing outside this folder, but for Chromium (test, where it is root).
 */
import { pathToFileURL } from 'node:url';
import { browser } from './setup/browser.mjs';
import { build, vsix } from './setup/build.mjs';
import { demoData } from './setup/demoData.mjs';
import { dependencies } from './setup/dependencies.mjs';
import { engine } from './setup/engine.mjs';
import { peers, python } from './setup/python.mjs';
import { runSteps, say, SetupError } from './setup/steps.mjs';
import { workbench } from './setup/workbench.mjs';

const order = [dependencies, engine, demoData, python, peers, browser, workbench, vsix, build];
const base = [dependencies, engine];
const stepsFor = {
  demo: [...base, demoData, build],
  test: [...base, demoData, python, browser, workbench, vsix, build],
  bench: [...base, demoData, python, peers],
  // The suites of the tests.
  unit: base,
  parity: [...base, demoData, python],
  process: [...base, python],
  editor: [...base, browser, workbench, build],
  browser: [...base, demoData, browser, workbench, vsix, build],
};

/** What these purposes need. Ends the process where a step fails. */
export async function setUp(...purposes) {
  try {
    await runSteps(order.filter((step) => purposes.some((purpose) => stepsFor[purpose].includes(step))));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exit(1);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const purpose = process.argv[2] ?? 'demo';
  if (!(purpose in stepsFor)) {
    say('Usage: node scripts/setup.mjs [demo|test|bench]');
    process.exit(2);
  }
  await setUp(purpose);
}
