/**
 * Runs test/editor inside the extension host of a real VS Code, the extension being this folder's. The results go to
 * the file that EMBEDDING_PRESS_RESULTS names; the exit code is the tests'.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bundleEditorTests } from './bundleEditorTests.ts';
import { testMark } from '../editor/testMark.ts';
import { launchBrowser } from './browser.ts';
import { startServer } from './server.ts';

const limitSeconds = 300;

async function runInExtensionHost(index: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'embedding-press-folder-'));
  const server = await startServer({ testDriver: true });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.route(
      ({ hostname }) => hostname !== '127.0.0.1',
      (route) => route.abort(),
    );
    await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
      // The whole window's console comes here; the tests' own lines are marked.
      const [line] = args;
      if (typeof line === 'string' && line.startsWith(testMark)) console.log(line.slice(testMark.length));
    });
    const ended = new Promise<number>((end, fail) => {
      setTimeout(() => {
        fail(new Error(`The tests did not end within ${limitSeconds} s.\n${server.log()}`));
      }, limitSeconds * 1000).unref();
      void page.exposeFunction('codeAutomationExit', (code: number) => {
        end(code);
      });
    });
    const remote = (path: string): string => `vscode-remote://127.0.0.1:${server.port}${path}`;
    const payload = [
      ['extensionDevelopmentPath', remote(resolve('.'))],
      ['extensionTestsPath', remote(index)],
      ['enableProposedApi', ''],
      ['skipWelcome', 'true'],
    ];
    const query = new URLSearchParams({ folder, payload: JSON.stringify(payload) });
    await page.goto(`${server.url}/?${query.toString()}`);
    return await ended;
  } finally {
    await browser.close();
    await server.dispose();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

process.exitCode = await runInExtensionHost(await bundleEditorTests());
