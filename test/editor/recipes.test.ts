import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { eventually, write } from './support.ts';

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
});
