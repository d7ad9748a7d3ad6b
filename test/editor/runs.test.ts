import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { activated, eventually, inWorkspace, sentences, tinyRecipe, write } from './support.ts';

function openPanels(): string[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(
      ({ input }) => input instanceof vscode.TabInputWebview && input.viewType.includes('embeddingPress'),
    )
    .map(({ label }) => label);
}

describe('runs in the editor', function () {
  this.timeout(60_000);

  before(async () => {
    await write('data/train.tsv', sentences(120));
  });

  it('starts a recipe, shows it, and knows when it has ended', async () => {
    const { runs } = await activated();
    const recipe = await write('short.press.json', tinyRecipe('data/train.tsv', 1));
    const ended = new Promise<string>((resolve) => {
      const listening = runs.onDidEnd(({ folder, status }) => {
        listening.dispose();
        resolve(`${status.recipe} ${status.state} ${existsSync(join(folder, 'results.json'))}`);
      });
    });
    await vscode.commands.executeCommand('embeddingPress.runRecipe', recipe);
    assert.equal(runs.runs[0]?.status.recipe, 'short');
    assert.equal(await ended, 'short done true');
    assert.ok(openPanels().some((label) => label.includes('short')));
  });

  it('cancels a run, and goes on with it', async () => {
    const { runs } = await activated();
    // A minute's work and more.
    await write('data/long.tsv', sentences(2000));
    const recipe = await write('long.press.json', tinyRecipe('data/long.tsv', 5000));
    await vscode.commands.executeCommand('embeddingPress.runRecipe', recipe);
    const folder = runs.running.find(({ status }) => status.recipe === 'long')?.folder;
    assert.ok(folder);
    const stateIs = (state: string) => () => runs.statusOf(folder)?.state === state || undefined;
    await eventually(
      'the run has finished an epoch',
      () => (runs.statusOf(folder)?.epochsDone ?? 0) > 1 || undefined,
    );
    await vscode.commands.executeCommand('embeddingPress.cancelRun', folder);
    await eventually('the run is cancelled', stateIs('cancelled'), 3);
    const epochsDone = runs.statusOf(folder)?.epochsDone ?? 0;
    await vscode.commands.executeCommand('embeddingPress.resumeRun', folder);
    assert.equal(runs.statusOf(folder)?.state, 'running');
    await eventually(
      'it has gone on',
      () => (runs.statusOf(folder)?.epochsDone ?? 0) > epochsDone || undefined,
    );
    await vscode.commands.executeCommand('embeddingPress.cancelRun', folder);
    await eventually('the run is cancelled again', stateIs('cancelled'), 3);
  });

  it('finds a run that another process has made, and loses one that is deleted', async () => {
    const { runs } = await activated();
    const [run] = runs.runs.filter(({ status }) => status.recipe === 'short');
    assert.ok(run);
    const name = '2020-01-01T00-00-00-000-abcd';
    const folder = inWorkspace(`.embedding-press/runs/made/${name}`);
    const status = { ...run.status, run: name, recipe: 'made' };
    // As a run does it: the folder with its recipe first, how it stands when its process has started.
    await write(`.embedding-press/runs/made/${name}/recipe.json`, '{}');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await write(`.embedding-press/runs/made/${name}/status.json`, JSON.stringify(status));
    await eventually('the new run is known', () => runs.statusOf(folder));
    assert.equal(runs.runs.at(-1)?.folder, folder, 'the oldest is last');
    // The clock has been set back between the two.
    const later = { ...status, state: 'failed', updatedAt: status.updatedAt - 60_000 };
    await write(`.embedding-press/runs/made/${name}/status.json`, JSON.stringify(later));
    await eventually('the run is seen to fail', () => runs.statusOf(folder)?.state === 'failed' || undefined);
    await vscode.workspace.fs.delete(vscode.Uri.file(folder), { recursive: true });
    await eventually('the run is gone', () => runs.statusOf(folder) === undefined || undefined);
    assert.ok(existsSync(dirname(run.folder)));
  });

  it('starts nothing from a recipe with an error', async () => {
    const { runs } = await activated();
    const before = runs.runs.length;
    const recipe = await write('wrong.press.json', '{ "modle": "m" }');
    await vscode.commands.executeCommand('embeddingPress.runRecipe', recipe);
    await runs.refresh();
    assert.equal(runs.runs.length, before);
    assert.ok(!existsSync(inWorkspace('.embedding-press/runs/wrong')));
  });
});
