/** Sets up the peers, then measures: `npm run bench [-- --quick] [-- part …]`. */
import { spawn } from 'node:child_process';
import { setUp } from './setup.mjs';
import { root } from './setup/steps.mjs';

await setUp('bench');
const args = ['--import', 'tsx', 'test/bench/main.ts', ...process.argv.slice(2)];
spawn(process.execPath, args, { cwd: root, stdio: 'inherit' }).on('close', (code) => {
  process.exitCode = code ?? 1;
});
