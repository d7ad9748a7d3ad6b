import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What one measurement gives, by the names of the part's columns. */
export type Measures = Readonly<Record<string, number>>;

/** What is asked of a worker; `run` names the task. */
export type Request = Readonly<Record<string, unknown>> & { readonly run: string };

/** One thread pool each for OpenMP, MKL, OpenBLAS and TensorFlow. */
export function threadLimits(threads: number): Record<string, string> {
  const pools = ['OMP', 'MKL', 'OPENBLAS', 'TF_NUM_INTRAOP'].map((pool) =>
    pool.startsWith('TF') ? `${pool}_THREADS` : `${pool}_NUM_THREADS`,
  );
  const limits = Object.fromEntries(pools.map((name) => [name, String(threads)]));
  return { ...limits, TF_NUM_INTEROP_THREADS: '1', TF_CPP_MIN_LOG_LEVEL: '3', TF_ENABLE_ONEDNN_OPTS: '1' };
}

/** A process that lives through a part: it reads requests, one JSON line each, and answers each with one. */
export class LineWorker {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string, undefined>;
  #stderr = '';

  constructor(command: readonly string[], threads: number) {
    const [program = '', ...args] = command;
    this.#child = spawn(program, args, {
      env: { ...process.env, ...threadLimits(threads), BENCH_THREADS: String(threads) },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { stdin, stdout, stderr } = this.#child;
    if (stdin === null || stdout === null || stderr === null) throw new Error('A worker has pipes.');
    // Where the worker has died, its answer is missing, which says more.
    stdin.on('error', () => undefined);
    stderr.setEncoding('utf8').on('data', (chunk: string) => (this.#stderr += chunk));
    this.#answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  async ask(request: Request): Promise<Measures> {
    this.#child.stdin?.write(JSON.stringify(request) + '\n');
    // Libraries print lines of their own.
    for (;;) {
      const answer = await this.#answers.next();
      if (answer.done === true) {
        throw new Error(`The worker died at ${JSON.stringify(request)}:\n${this.#stderr.slice(-3000)}`);
      }
      if (answer.value.startsWith('{')) return JSON.parse(answer.value) as Measures;
    }
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin?.end();
    await closed;
  }
}
