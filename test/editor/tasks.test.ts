import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activated, eventually, inWorkspace, sentences, tinyRecipe, write } from './support.ts';

async function taskOf(recipe: string): Promise<vscode.Task> {
  return eventually(`there is a task for ${recipe}`, async () => {
    const tasks = await vscode.tasks.fetchTasks({ type: 'embedding-press' });
    return tasks.find(({ definition }) => definition.recipe === recipe);
  });
}

async function exitCodeOf(task: vscode.Task): Promise<number | undefined> {
  const ended = new Promise<number | undefined>((resolve) => {
    const listening = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
      if (execution.task.name !== task.name) return;
      listening.dispose();
      resolve(exitCode);
    });
  });
  await vscode.tasks.executeTask(task);
  return ended;
}

describe('tasks', function () {
  this.timeout(90_000);

  it('are provided for each recipe, and run it', async () => {
    const { runs } = await activated();
    await write('task/train.tsv', sentences(120));
    await write('task/fine.press.json', tinyRecipe('train.tsv', 1));
    const task = await taskOf('task/fine.press.json');
    assert.equal(task.name, 'run fine');
    assert.equal(await exitCodeOf(task), 0);
    const run = await eventually('the run is found', () =>
      runs.runs.find(({ status }) => status.recipe === 'fine' && status.state === 'done'),
    );
    assert.ok(run.folder.startsWith(inWorkspace('task')));
  });

  it('put an error in the data among the problems, at its line', async () => {
    const lines = sentences(120).split('\n');
    lines[6] = 'a row without its label';
    const data = await write('broken/train.tsv', lines.join('\n'));
    await write('broken/broken.press.json', tinyRecipe('train.tsv', 1));
    assert.equal(await exitCodeOf(await taskOf('broken/broken.press.json')), 2);
    const [problem] = await eventually('there is a problem', () => {
      const found = vscode.languages.getDiagnostics(data);
      return found.length > 0 ? found : undefined;
    });
    assert.equal(problem?.range.start.line, 6);
    assert.match(problem.message, /1 column/);
  });

  it('put an error of a whole file there too', async () => {
    const data = await write('empty/train.tsv', '');
    await write('empty/empty.press.json', tinyRecipe('train.tsv', 1));
    assert.equal(await exitCodeOf(await taskOf('empty/empty.press.json')), 2);
    const [problem] = await eventually('there is a problem', () => {
      const found = vscode.languages.getDiagnostics(data);
      return found.length > 0 ? found : undefined;
    });
    assert.equal(problem?.severity, vscode.DiagnosticSeverity.Error);
  });
});
