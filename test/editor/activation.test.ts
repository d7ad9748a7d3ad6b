import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { activated } from './support.ts';

interface Manifest {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

describe('activation', () => {
  it('registers every command that the manifest names', async () => {
    await activated();
    const extension = vscode.extensions.getExtension('embedding-press.embedding-press');
    const { commands } = (extension?.packageJSON as Manifest).contributes;
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      commands.filter(({ command }) => !registered.has(command)),
      [],
    );
    assert.ok(commands.length >= 7);
  });

  it('brings what its programs start and read', () => {
    const extension = vscode.extensions.getExtension('embedding-press.embedding-press');
    const programs = ['cli', 'hdf5', 'rows', 'supervisor', 'worker'].map((name) => `${name}.cjs`);
    const kernels = ['kernels', 'kernels.fused'].flatMap((set) => [`${set}.wasm`, `${set}.shared.wasm`]);
    const missing = [...programs, ...kernels, 'kernelThread.mjs'].filter(
      (name) => !existsSync(join(extension?.extensionPath ?? '', 'dist', name)),
    );
    assert.deepEqual(missing, []);
  });

  it('has settings whose defaults suit every machine', () => {
    const settings = vscode.workspace.getConfiguration('embeddingPress');
    assert.equal(settings.get('engine'), 'auto');
    assert.equal(settings.get('parallelRuns'), 0);
  });
});
