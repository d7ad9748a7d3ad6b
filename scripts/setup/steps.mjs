import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, lstatSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const cache = join(root, '.cache');

/** What a person can do something about: its message is shown without a stack. */
export class SetupError extends Error {}

export function say(text) {
  console.log(text);
}

/** A line below the step's own. */
export function note(text) {
  say(`      ${text}`);
}

export function seconds(milliseconds) {
  return milliseconds < 950
    ? `${(milliseconds / 1000).toFixed(1)} s`
    : `${Math.round(milliseconds / 1000)} s`;
}

export function megabytes(bytes) {
  return `${bytes < 950_000 ? (bytes / 1e6).toFixed(1) : Math.round(bytes / 1e6)} MB`;
}

/** Bytes of a file or of a folder's files; links count nothing. */
export function sizeOf(path) {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isSymbolicLink()) return 0;
  if (!stats.isDirectory()) return stats.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

/**
 * Does the steps in order. A step is `{ name, ready, run, produces }`: `ready()` tells whether it is done already,
 * `produces` is the path whose size is said.
 */
export async function runSteps(steps) {
  const started = performance.now();
  for (const [index, step] of steps.entries()) {
    const label = `[${index + 1}/${steps.length}] ${step.name}`;
    const stepStarted = performance.now();
    if (await step.ready()) {
      say(`${label}: there`);
      continue;
    }
    say(`${label} …`);
    await step.run();
    const size = step.produces === undefined ? '' : `, ${megabytes(sizeOf(step.produces))}`;
    note(`done in ${seconds(performance.now() - stepStarted)}${size}`);
  }
  say(`Set up in ${seconds(performance.now() - started)}.`);
}

/**
 * Runs a program quietly and resolves to what it printed; what it printed last is shown where it fails.
 * `stalled()` is asked every second and, once true, ends the program.
 */
export function run(command, args, { cwd = root, env = {}, stalled, shown = 15 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      // Windows starts an npm.cmd by a shell only.
      shell: command.endsWith('.cmd'),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    }
    const watch = stalled && setInterval(() => stalled() && child.kill('SIGKILL'), 1000);
    child.on('error', (error) => {
      clearInterval(watch);
      reject(new SetupError(`${command} could not be started: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      clearInterval(watch);
      if (code === 0) return resolve(output);
      const last = output.trimEnd().split('\n').slice(-shown).join('\n');
      reject(new SetupError(`${[command, ...args].join(' ')} ended with ${code ?? signal}:\n${last}`));
    });
  });
}

/** npm run by this very Node, also where the PATH's is another one. */
export function npm(args, options) {
  const cli = process.env.npm_execpath;
  return cli?.endsWith('npm-cli.js')
    ? run(process.execPath, [cli, ...args], options)
    : run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options);
}

export function withFirstOnPath(folder) {
  return { PATH: `${folder}${delimiter}${process.env.PATH ?? ''}` };
}

/** A file in `folder` that holds the hash of what the folder was made from: equal means that it is up to date. */
export function stamp(folder, ...sources) {
  const path = join(folder, '.made-from');
  const hash = createHash('sha256');
  for (const source of sources) hash.update(readFileSync(source)).update('\0');
  const wanted = hash.digest('hex');
  return {
    matches: () => existsSync(path) && readFileSync(path, 'utf8') === wanted,
    write: () => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path, wanted);
    },
  };
}
