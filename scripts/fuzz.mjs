/**
 * Tries every reader on damaged copies of valid files and prints, for each format, how many were tried, read and
 * refused: `npm run fuzz`, or `npm run fuzz -- 500 keras data` for so many of some files of test/unit/fuzz.
 */
import { spawn } from 'node:child_process';
import { root } from './setup/steps.mjs';

const usual = 2000;
const [first, ...rest] = process.argv.slice(2);
const isCount = /^[1-9]\d*$/.test(first ?? '');
const names = isCount || first === undefined ? rest : [first, ...rest];
const files = (names.length > 0 ? names : ['*']).map((name) => `test/unit/fuzz/${name}.test.ts`);
spawn(process.execPath, ['node_modules/mocha/bin/mocha.js', ...files], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, EMBEDDING_PRESS_FUZZ: isCount ? first : String(usual) },
}).on('close', (code) => (process.exitCode = code ?? 1));
