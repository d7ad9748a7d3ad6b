import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { activated, eventually, inWorkspace, sentences, tinyRecipe, write } from './support.ts';

function inExtension(path: string): string {
  const extension = vscode.extensions.getExtension('embedding-press.embedding-press');
  assert.ok(extension);
  return join(extension.extensionPath, path);
}

function sampleModel(): string {
  return inExtension('sample/model');
}

describe('the view of the models', function () {
  this.timeout(60_000);

  /** The rows below a folder, as the tree draws them. */
  async function rows(below: string): Promise<vscode.TreeItem[]> {
    const { checkpoints } = await activated();
    const files = checkpoints
      .getChildren()
      .filter((file) => file instanceof vscode.Uri && file.fsPath.startsWith(inWorkspace(below)));
    return files.map((file) => checkpoints.getTreeItem(file));
  }

  before(async () => {
    await cp(sampleModel(), inWorkspace('models/spam'), { recursive: true });
    await cp(sampleModel(), inWorkspace('models/broken'), { recursive: true });
    await write('models/other/model.json', '{"nothing": "of ours"}');
    const broken = inWorkspace('models/broken');
    for (const name of await readdir(broken))
      if (name.endsWith('.bin')) await truncate(join(broken, name), 9);
    await (await activated()).checkpoints.refresh();
  });

  it('shows what can be compressed, and what is broken', async () => {
    const [broken, spam, ...others] = await rows('models');
    assert.equal(others.length, 0);
    assert.deepEqual([broken?.label, broken?.contextValue], ['broken', 'broken']);
    assert.deepEqual([spam?.label, spam?.contextValue], ['spam', 'compressible']);
    assert.match(String(spam?.description), /^99 % embedding, .*tfjs$/);
    assert.equal(spam?.command?.command, 'embeddingPress.openModel');
    assert.match(String(broken?.accessibilityInformation?.label), /^broken, cannot be used, /);
  });

  it('reads each of the formats that the command line writes', async () => {
    const shown: unknown[] = [];
    for (const format of ['keras', 'h5', 'safetensors']) {
      const folder = `formats/${format}`;
      const args = ['export', sampleModel(), inWorkspace(folder), '--format', format, '--engine', 'wasm'];
      await promisify(execFile)(process.execPath, [inExtension('dist/cli.cjs'), ...args], {
        env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      });
      const row = await eventually(`the ${format} model is there`, async () => {
        await (await activated()).checkpoints.refresh();
        return (await rows(folder))[0];
      });
      shown.push([row.contextValue, String(row.description).replace(/^.* /, '')]);
    }
    assert.deepEqual(shown, [
      ['compressible', 'keras'],
      ['compressible', 'h5'],
      ['compressible', 'safetensors'],
    ]);
  });

  it('follows what comes and goes', async () => {
    const count = (n: number) => async () => (await rows('models')).length === n || undefined;
    await cp(sampleModel(), inWorkspace('models/new'), { recursive: true });
    await eventually('the new model is there', count(3));
    await rm(inWorkspace('models/new'), { recursive: true });
    await eventually('the model is gone', count(2));
  });
});

describe('the commands on a run', function () {
  this.timeout(60_000);
  let folder = '';

  const run = (command: string): Thenable<unknown> =>
    vscode.commands.executeCommand(`embeddingPress.${command}`, folder);
  async function stateIs(state: string): Promise<void> {
    const { runs } = await activated();
    await eventually(`the run is ${state}`, () => runs.statusOf(folder)?.state === state || undefined);
  }

  before(async () => {
    const { runs } = await activated();
    // A minute's work and more.
    await write('side/train.tsv', sentences(2000));
    const recipe = await write('side/side.press.json', tinyRecipe('train.tsv', 5000));
    await vscode.commands.executeCommand('embeddingPress.runRecipe', recipe);
    folder = runs.running.find(({ status }) => status.recipe === 'side')?.folder ?? '';
    assert.notEqual(folder, '');
    await eventually('an epoch is done', () => (runs.statusOf(folder)?.epochsDone ?? 0) > 0 || undefined);
  });

  it('pauses it, goes on with it, and deletes none that goes on', async () => {
    const { runs } = await activated();
    await run('pauseRun');
    await stateIs('paused');
    assert.ok(runs.going.some((one) => one.folder === folder));
    await run('deleteRun');
    assert.ok(existsSync(folder));
    await run('resumeRun');
    await stateIs('running');
    await run('cancelRun');
    await stateIs('cancelled');
  });

  it('opens its recipe, and what it was started with once the file is gone', async () => {
    const opened = async (): Promise<vscode.TextDocument | undefined> => {
      await run('editRecipe');
      return vscode.window.activeTextEditor?.document;
    };
    assert.equal((await opened())?.uri.fsPath, inWorkspace('side/side.press.json'));
    await rm(inWorkspace('side/side.press.json'));
    const kept = await opened();
    assert.deepEqual(
      [kept?.uri.scheme, kept?.getText(), kept?.languageId],
      ['embedding-press-recipe', tinyRecipe('train.tsv', 5000), 'jsonc'],
    );
  });
});
