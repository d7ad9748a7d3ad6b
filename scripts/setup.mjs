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
import { python } from './setup/python.mjs';
import { runSteps, say, SetupError } from './setup/steps.mjs';
import { workbench } from './setup/workbench.mjs';

const stepsFor = {
  demo: [dependencies, engine, demoData, build],
  test: [dependencies, engine, python, browser, workbench, vsix, build],
  bench: [dependencies, engine, demoData, python, build],
};

/** Ends the process where a step fails. */
export async function setUp(purpose) {
  try {
    await runSteps(stepsFor[purpose]);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exit(1);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const purpose = process.argv[2] ?? 'demo';
  if (!(purpose in stepsFor)) {
    say(`Usage: node scripts/setup.mjs [${Object.keys(stepsFor).join('|')}]`);
    process.exit(2);
  }
  await setUp(purpose);
}
