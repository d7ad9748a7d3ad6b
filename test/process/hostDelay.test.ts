import assert from 'node:assert/strict';
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { compiledSchema } from '../../scripts/compiledSchema.mjs';
import { withTemporaryFolder } from './bundles.ts';

/** What a user does not notice. */
const mostMs = 20;

describe('the extension host', function () {
  this.timeout(60_000);
  let scripts = '';

  before(async () => {
    scripts = await mkdtemp(join(tmpdir(), 'press-host-'));
    await build({
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      outdir: scripts,
      outExtension: { '.js': '.cjs' },
      plugins: [compiledSchema],
      alias: { vscode: resolve('test/process/host/vscode.ts') },
      logLevel: 'error',
      entryPoints: ['test/process/host/host.ts', 'test/process/host/longRun.ts'],
    });
  });

  after(() => rm(scripts, { recursive: true, force: true }));

  /** Of the longest turn of its event loop, while a run of 100,000 events goes on. */
  const longestTurn = (): Promise<number> =>
    withTemporaryFolder(async (root) => {
      const folder = join(root, 'runs/long/one');
      await mkdir(folder, { recursive: true });
      const run = fork(join(scripts, 'longRun.cjs'), [folder]);
      await once(run, 'message');
      const { stdout } = await promisify(execFile)(process.execPath, [join(scripts, 'host.cjs'), folder]);
      const { longestMs, events, messages } = JSON.parse(stdout) as Record<string, number>;
      assert.ok(events! > 20_000, `${events} events`);
      assert.ok(messages! > 30, `${messages} messages`);
      return longestMs!;
    });

  it('follows a run of 100,000 events without being held up', async () => {
    // What else goes on in the machine can only lengthen it.
    const turns: number[] = [];
    while (turns.length < 3 && !turns.some((ms) => ms <= mostMs)) turns.push(await longestTurn());
    assert.ok(
      turns.some((ms) => ms <= mostMs),
      `${turns.join(', ')} ms in one turn`,
    );
  });
});
