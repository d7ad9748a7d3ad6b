/**
 * Runs test/editor in a desktop VS Code that @vscode/test-electron downloads: `npm run test:electron [VERSION]`, for
 * machines that can. Without a screen: `xvfb-run -a npm run test:electron`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { bundleEditorTests } from '../test/workbench/bundleEditorTests.ts';
import { root } from './setup/steps.mjs';

const folder = mkdtempSync(join(tmpdir(), 'embedding-press-folder-'));
try {
  process.exitCode = await runTests({
    extensionDevelopmentPath: root,
    extensionTestsPath: await bundleEditorTests(),
    cachePath: join(root, '.cache/vscode-test'),
    launchArgs: [folder, '--disable-extensions', '--disable-workspace-trust'],
    ...(process.argv[2] && { version: process.argv[2] }),
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
