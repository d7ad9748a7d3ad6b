import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { create } from 'tar';
import { engineArchives } from '../../src/editor/engine/engineArchives.ts';
import type { RunStatus } from '../../src/process/runStatus.ts';
import { pictureOfFailure } from '../workbench/suite.ts';
import { openWorkbench, type Workbench } from '../workbench/workbench.ts';

const addon = resolve('node_modules/@tensorflow/tfjs-node');
const installable = existsSync(join(addon, 'lib/napi-v8/tfjs_binding.node'));
const vsix = process.env.VSIX ?? 'out/embedding-press.vsix';

/** The archives as the engine's host has them, made of what is installed here. */
async function makeArchives(folder: string): Promise<void> {
  const [binding, library] = engineArchives('linux', 'x64', 'http://localhost/').map(({ url }) =>
    join(folder, basename(url)),
  );
  const options = { gzip: { level: 1 }, portable: true } as const;
  await create({ ...options, file: binding!, cwd: join(addon, 'lib') }, ['napi-v8/tfjs_binding.node']);
  await create({ ...options, file: library!, cwd: join(addon, 'deps') }, ['lib']);
}

describe('the TensorFlow engine', function () {
  this.timeout(240_000);
  let folder = '';
  let archives = '';
  let server: Server;
  let workbench: Workbench;
  /** A download stands still while it is held. */
  let held = false;
  let storage = '';

  before(async function () {
    if (!installable) this.skip();
    folder = await mkdtemp(join(tmpdir(), 'engine-'));
    archives = await mkdtemp(join(tmpdir(), 'engine-archives-'));
    await cp('sample', folder, { recursive: true });
    await makeArchives(archives);
    server = createServer(
      (request, response) => void answer(request.method ?? '', request.url ?? '', response),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    workbench = await openWorkbench({
      folder,
      vsix,
      env: { EMBEDDING_PRESS_ENGINE_MIRROR: `http://127.0.0.1:${port}/` },
    });
  });

  async function answer(method: string, url: string, response: ServerResponse): Promise<void> {
    const file = join(archives, basename(url));
    response.writeHead(200, { 'content-length': (await stat(file)).size });
    if (method === 'HEAD') response.end();
    else if (held) response.write('x');
    else createReadStream(file).pipe(response);
  }

  afterEach(async function () {
    await pictureOfFailure(workbench, this.currentTest);
  });

  after(async () => {
    if (!installable) return;
    await workbench.dispose();
    server.closeAllConnections();
    server.close();
    for (const path of [folder, archives]) await rm(path, { recursive: true, force: true });
  });

  const dialog = () => workbench.page.locator('.monaco-dialog-box');
  async function choose(button: string): Promise<string> {
    const text = await dialog().innerText();
    await dialog().locator('.monaco-button', { hasText: button }).first().click();
    await dialog().waitFor({ state: 'hidden' });
    return text;
  }
  async function status(): Promise<string> {
    await workbench.runCommand('Embedding Press: Show Engine Status');
    await dialog().waitFor();
    return choose('Cancel');
  }
  /** What the language's item in the status bar says, once it is known. */
  async function languageStatus(): Promise<string> {
    const item = workbench.page.locator('.statusbar-item[id="status.languageStatus"]');
    await item.hover();
    const hover = workbench.page
      .locator('.hover-language-status', { hasText: /WebAssembly|TensorFlow/ })
      .first();
    await hover.waitFor();
    const text = await hover.innerText();
    await workbench.page.mouse.move(0, 0);
    return text;
  }

  /** Waits until the extension's storage has these engines, whole or in part. */
  async function storageHolds(names: readonly string[]): Promise<void> {
    let found: string[] = [];
    for (const end = Date.now() + 10_000; Date.now() < end;) {
      found = (await readdir(storage)).filter((name) => name.startsWith('engine'));
      if (found.join() === names.join()) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.deepEqual(found, names);
  }

  /** The engine of each run of the sample that has ended, the oldest first. */
  async function enginesOfRuns(count: number): Promise<string[]> {
    const runs = join(folder, '.embedding-press/runs/sample');
    for (const end = Date.now() + 60_000; Date.now() < end;) {
      const names = existsSync(runs) ? (await readdir(runs)).sort() : [];
      const read = async (name: string): Promise<RunStatus> =>
        JSON.parse(await readFile(join(runs, name, 'status.json'), 'utf8')) as RunStatus;
      const all = await Promise.all(names.map((name) => read(name).catch(() => undefined)));
      const done = all.filter((run) => run?.state === 'done');
      if (done.length >= count) return done.map((run) => run!.engine);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`${count} runs did not end.`);
  }

  it('is WebAssembly where nothing is installed', async () => {
    await workbench.openFile('sample.press.json');
    assert.match(await languageStatus(), /WebAssembly/);
    assert.match(await status(), /Engine: WebAssembly[\s\S]*not installed/);
  });

  it('leaves nothing of an installation that is cancelled', async () => {
    held = true;
    await workbench.runCommand('Embedding Press: Install TensorFlow Engine');
    await dialog().waitFor();
    const asked = await choose('Install');
    for (const part of ['@tensorflow/tfjs-node 4.22.0', 'Apache License 2.0', 'http://127.0.0.1', 'MB']) {
      assert.ok(asked.includes(part), `${asked} lacks ${part}`);
    }
    const [, engine = ''] = /in (\S+\/engine)\./.exec(asked) ?? [];
    storage = dirname(engine);
    const progress = workbench.notification('Installing the TensorFlow engine');
    await workbench.press(progress, 'Cancel');
    await progress.waitFor({ state: 'hidden' });
    held = false;
    await storageHolds([]);
  });

  it('is installed, and computes the next run', async () => {
    await workbench.runCommand('Embedding Press: Install TensorFlow Engine');
    await dialog().waitFor();
    await choose('Install');
    await workbench.notification('is installed and was tried').waitFor({ timeout: 120_000 });
    assert.ok((await status()).includes('Engine: TensorFlow 2'));
    assert.match(await languageStatus(), /TensorFlow 2/);
    await storageHolds(['engine']);
    await workbench.runCommand('Embedding Press: Run Recipe');
    await workbench.pick('sample.press.json');
    assert.deepEqual(await enginesOfRuns(1), ['tensorflow']);
    await workbench.runTask('sample');
    assert.deepEqual(await enginesOfRuns(2), ['tensorflow', 'tensorflow']);
  });

  it('follows the setting without a reload', async () => {
    await mkdir(join(folder, '.vscode'));
    await workbench.openFile('sample.press.json');
    for (const [engine, shown] of [
      ['wasm', 'WebAssembly'],
      ['auto', 'TensorFlow 2'],
    ] as const) {
      const settings = JSON.stringify({ 'embeddingPress.engine': engine });
      await writeFile(join(folder, '.vscode/settings.json'), settings);
      for (let tries = 0; !(await languageStatus()).includes(shown);) assert.ok(++tries < 20, engine);
    }
  });

  it('is removed', async () => {
    await workbench.runCommand('Embedding Press: Remove TensorFlow Engine');
    await dialog().waitFor();
    await choose('Remove');
    await workbench.notification('was removed').waitFor();
    assert.match(await status(), /Engine: WebAssembly/);
    await storageHolds([]);
  });
});
