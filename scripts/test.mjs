/**
 * Sets up and runs the tests: `npm test`, or some suites of them: `npm test -- unit process`. It fails where a test
 * fails and where a suite has run none. The last line tells the sums: `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setUp } from './setup.mjs';
import { findChromium } from './setup/browser.mjs';
import { root, say, seconds } from './setup/steps.mjs';

const mocha = (folder) => ['node_modules/mocha/bin/mocha.js', ...mochaOptions, `test/${folder}/**/*.test.ts`];
const mochaOptions = ['--reporter', 'scripts/test/resultsReporter.cjs'];
const suites = {
  unit: mocha('unit'),
  parity: mocha('parity'),
  process: mocha('process'),
  editor: ['--import', 'tsx', 'test/workbench/runEditorTests.ts'],
  // A window on a busy machine may lose a click or a key: a test of it is tried once more, and the end tells of it.
  browser: [...mocha('browser'), '--retries', '1'],
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !(name in suites));
if (unknown !== undefined) {
  say(`There is no suite "${unknown}", but: ${Object.keys(suites).join(', ')}.`);
  process.exit(2);
}
await setUp(...(wanted.length > 0 ? wanted : ['test']));

const sums = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const retried = [];
for (const name of wanted.length > 0 ? wanted : Object.keys(suites)) {
  say(`\n── ${name} ──`);
  const started = performance.now();
  const result = await runSuite(name);
  for (const key of Object.keys(sums)) sums[key] += result[key];
  failures.push(...result.failures.map((failure) => ({ suite: name, ...failure })));
  retried.push(...result.retried.map((failure) => ({ suite: name, ...failure })));
  say(`${name}: ${counts(result)} (${seconds(performance.now() - started)})`);
}
list('tried once more', retried);
list('failures', failures);
say(`\n${counts(sums)}`);
process.exitCode = sums.failed > 0 ? 1 : 0;

function list(heading, tests) {
  if (tests.length > 0) say(`\n── ${heading} ──`);
  for (const { suite, title, error } of tests) say(`\n${suite}: ${title}\n${error.replace(/^/gm, '    ')}`);
}

function counts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** What the suite's own results file says; a suite that gives none, or ends badly without a failed test, has failed. */
async function runSuite(name) {
  const path = join(root, `out/test/${name}.json`);
  mkdirSync(join(root, 'out/test'), { recursive: true });
  rmSync(path, { force: true });
  const chromium = findChromium();
  const code = await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, suites[name], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, EMBEDDING_PRESS_RESULTS: path, ...(chromium && { CHROMIUM: chromium }) },
    });
    child.on('error', reject).on('close', resolve);
  });
  const result = existsSync(path)
    ? JSON.parse(readFileSync(path, 'utf8'))
    : { passed: 0, failed: 0, skipped: 0, failures: [], retried: [] };
  let wrong;
  if (code !== 0 && result.failed === 0) wrong = `The suite ended with exit code ${code}.`;
  else if (result.passed + result.failed === 0) wrong = 'The suite ran no test.';
  if (wrong === undefined) return result;
  return {
    ...result,
    failed: result.failed + 1,
    failures: [...result.failures, { title: '(suite)', error: wrong }],
  };
}
