import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CancelledError, userErrorOf, type SaidError } from '../core/errors.ts';

export interface AskOptions {
  /** The folder of cli.cjs. */
  readonly scripts: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the process. */
  readonly signal?: AbortSignal;
  /** Written to its standard input. */
  readonly input?: string;
  /** Told the phases of commands that take a while. */
  readonly onPhase?: (phase: string) => void;
}

/** What `--json` prints on stderr where the input is at fault. */
export interface PrintedError {
  readonly error: SaidError;
}

/**
 * Has the command line compute something in a process of its own, with low priority.
 *
 * @param args a command and its arguments; `--json` is added
 * @returns the JSON document that it prints
 * @throws UserError what the command says of the input; CancelledError after `signal`
 */
export async function askCli<T>(args: readonly string[], options: AskOptions): Promise<T> {
  const { scripts, cwd, env, signal, input, onPhase } = options;
  if (signal?.aborted) throw new CancelledError();
  const [command = '', ...rest] = args;
  // In front: what comes after `--` is no option.
  const child = spawn(process.execPath, [join(scripts, 'cli.cjs'), command, '--json', ...rest], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env, ELECTRON_RUN_AS_NODE: '1' },
    windowsHide: true,
    ...(cwd !== undefined && { cwd }),
  });
  const stop = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  try {
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It merely competes with everything else then.
  }
  // A process that ends early closes its input; its exit tells why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input ?? '');
  const out: Buffer[] = [];
  const err: string[] = [];
  child.stdout.on('data', (data: Buffer) => out.push(data));
  createInterface(child.stderr).on('line', (line) => {
    const phase = phaseIn(line);
    if (phase === undefined) err.push(line);
    else onPhase?.(phase);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (signal?.aborted) throw new CancelledError();
    if (code === 0) return JSON.parse(Buffer.concat(out).toString('utf8')) as T;
    throw asError(err.join('\n').trim(), code);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Tells whoever asked with `--json` which phase the work is in, on stderr. */
export function printProgress(phase: string): void {
  process.stderr.write(`${JSON.stringify({ progress: phase })}\n`);
}

function phaseIn(line: string): string | undefined {
  return /^\{"progress":"(\w+)"\}$/.exec(line)?.[1];
}

function asError(said: string, code: number | null): Error {
  try {
    const { error } = JSON.parse(said) as PrintedError;
    return userErrorOf(error);
  } catch {
    return new Error(`The process ended with exit code ${String(code)}. ${said}`);
  }
}
