import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activated, eventually, sentences, tinyRecipe, write } from './support.ts';

describe('a recipe in the editor', function () {
  this.timeout(60_000);

  it('is checked by its schema, and may have comments', async () => {
    const recipe = await write(
      'checked.press.json',
      '{\n  // a comment\n  "model": "m",\n  "data": { "train": { "path": "a.tsv", "format": "tsv" } },\n  "retrian": {}\n}\n',
    );
    const document = await vscode.workspace.openTextDocument(recipe);
    assert.equal(document.languageId, 'jsonc');
    await vscode.window.showTextDocument(document);
    const problems = await eventually(
      'the misspelt field is a problem',
      () => {
        const found = vscode.languages.getDiagnostics(recipe);
        return found.length > 0 ? found : undefined;
      },
      30,
    );
    assert.equal(problems.length, 1, problems.map(({ message }) => message).join('; '));
    assert.equal(problems[0]?.range.start.line, 4);
  });

  it('offers to mend what is misspelt, and a path that is nearly right', async () => {
    await write('fixes/train.tsv', sentences(20));
    const text = tinyRecipe('trian.tsv', 1).replace('"retrain"', '"retrian"');
    const document = await show(await write('fixes/fixed.press.json', text));
    await apply('Change to "retrain"', document, 'retrian');
    await problemOf(document.uri, 'missing-file');
    await apply('Change to "train.tsv"', document, 'trian.tsv');
    assert.equal(document.getText(), tinyRecipe('train.tsv', 1));
    await eventually(
      'the missing file is no problem any more',
      () => !hasProblem(document.uri, 'missing-file'),
    );
  });

  it('has Run and Estimate above it, and the estimate until it changes', async () => {
    await activated();
    await write('lens/train.tsv', sentences(120));
    const document = await show(await write('lens/lens.press.json', tinyRecipe('train.tsv', 1)));
    const second = async (): Promise<string> => {
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        document.uri,
        2,
      );
      assert.match(lenses[0]?.command?.title ?? '', /Run$/);
      return lenses[1]?.command?.title ?? '';
    };
    assert.match(await second(), /Estimate$/);
    await vscode.commands.executeCommand('embeddingPress.estimateRecipe', document.uri, 'lens');
    assert.match(await second(), /^3 models, 3 epochs, about \d+ s, \d+ MB of disk$/);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 1), ' ');
    await vscode.workspace.applyEdit(edit);
    assert.match(await second(), /Estimate$/);
  });

  it('says what a reduction does, exactly once its data have been read', async () => {
    await write('hover/train.tsv', sentences(120));
    const document = await show(await write('hover/hover.press.json', tinyRecipe('train.tsv', 1)));
    const at = document.positionAt(document.getText().indexOf('0.5'));
    await eventually('the hover has the rank', async () => {
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        document.uri,
        at,
      );
      const words = hovers.flatMap(({ contents }) =>
        contents.map((part) => (part as vscode.MarkdownString).value),
      );
      return words.some((word) => /\*\*Rank \d\*\* removes .* × 8 table/.test(word));
    });
  });

  it('draws the learning rates of a schedule', async () => {
    const text = tinyRecipe('train.tsv', 1).replace('"retrain":{', '"retrain":{"schedule":"sgdr",');
    await write('rates/train.tsv', sentences(120));
    const document = await show(await write('rates/rates.press.json', text));
    const at = document.positionAt(text.indexOf('"schedule"') + 2);
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      at,
    );
    const words = hovers.flatMap(({ contents }) =>
      contents.map((part) => (part as vscode.MarkdownString).value),
    );
    assert.ok(words.some((word) => /\*\*sgdr\*\*: .*█/s.test(word)));
  });

  it('has its data read when it is opened, and the error at its line until it is mended', async () => {
    const lines = sentences(120).split('\n');
    lines[6] = 'a row without its label';
    const data = await write('checked/train.tsv', lines.join('\n'));
    await show(await write('checked/checked.press.json', tinyRecipe('train.tsv', 1)));
    const problem = await problemOf(data, 'wrong-columns');
    assert.equal(problem.range.start.line, 6);
    assert.match(problem.relatedInformation?.[0]?.location.uri.path ?? '', /checked\.press\.json$/);

    const document = await show(data);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(data, document.lineAt(6).range.end, '\tpositive');
    await vscode.workspace.applyEdit(edit);
    await document.save();
    await eventually('the error is gone', () => !hasProblem(data, 'wrong-columns'));
  });

  it('clears away what a task has found, once that is mended', async () => {
    const good = sentences(120);
    const data = await write('mended/train.tsv', good.replace('\tnegative', ''));
    const recipe = await write('mended/mended.press.json', tinyRecipe('train.tsv', 1));
    const task = await eventually('there is a task', async () =>
      (await vscode.tasks.fetchTasks({ type: 'embedding-press' })).find(({ name }) => name === 'run mended'),
    );
    await vscode.tasks.executeTask(task);
    const anyProblem = () => vscode.languages.getDiagnostics(data)[0];
    await eventually('the task has found the error', anyProblem);
    await show(recipe);
    await problemOf(data, 'wrong-columns');
    // The window replaces the task's with ours, which the extension host hears of a moment later.
    await eventually(
      'the same error is shown once',
      () => vscode.languages.getDiagnostics(data).length === 1 && hasProblem(data, 'wrong-columns'),
    );
    await write('mended/train.tsv', good);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(recipe, new vscode.Position(0, 1), ' ');
    await vscode.workspace.applyEdit(edit);
    await (await show(recipe)).save();
    await eventually('no error is left', () => anyProblem() === undefined);
  });
});

async function show(file: vscode.Uri): Promise<vscode.TextDocument> {
  const { document } = await vscode.window.showTextDocument(file);
  return document;
}

function hasProblem(file: vscode.Uri, code: string): boolean {
  return vscode.languages.getDiagnostics(file).some((problem) => problem.code === code);
}

function problemOf(file: vscode.Uri, code: string): Promise<vscode.Diagnostic> {
  return eventually(`there is a problem ${code}`, () =>
    vscode.languages.getDiagnostics(file).find((problem) => problem.code === code),
  );
}

/** Applies the quick fix that is offered at a word of the document. */
async function apply(title: string, document: vscode.TextDocument, word: string): Promise<void> {
  const at = document.positionAt(document.getText().indexOf(word));
  const fix = await eventually(`there is a fix: ${title}`, async () => {
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      new vscode.Range(at, at),
    );
    return actions.find((action) => action.title === title);
  });
  assert.ok(fix.edit);
  await vscode.workspace.applyEdit(fix.edit);
}
