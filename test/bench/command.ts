import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { threadLimits, type Measures } from './lineWorker.ts';
import { peersFolder, peersPython } from './workers.ts';

/**
 * Runs copies of a peer's script beside each other, each told which copy it is and of how many. The seconds are those
 * from the commands to the last one's end; what a copy prints last, JSON, is added up.
 */
export async function runScript(
  script: string,
  args: readonly string[],
  { threads, copies = 1 }: { readonly threads: number; readonly copies?: number },
): Promise<Measures> {
  const started = performance.now();
  const printed = await Promise.all(
    Array.from({ length: copies }, (_, copy) =>
      output([join(peersFolder, script), ...args, String(copy), String(copies)], threads),
    ),
  );
  const seconds = (performance.now() - started) / 1000;
  const sums: Record<string, number> = { seconds };
  for (const text of printed) {
    const last = text.trim().split('\n').at(-1) ?? '{}';
    for (const [key, value] of Object.entries(JSON.parse(last) as Measures))
      sums[key] = (sums[key] ?? 0) + value;
  }
  return sums;
}

function output(args: readonly string[], threads: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...threadLimits(threads), BENCH_THREADS: String(threads) };
    const child = spawn(peersPython, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
    child.on('error', reject).on('close', (code) => {
      if (code === 0) resolve(text);
      else reject(new Error(`${args.join(' ')} ended with ${code ?? 'a signal'}:\n${errors.slice(-3000)}`));
    });
  });
}
