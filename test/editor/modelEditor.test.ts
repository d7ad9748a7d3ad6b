import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { eventually, write } from './support.ts';

function shownAs(file: vscode.Uri): Promise<string> {
  return eventually(`${file.path} is shown on a page`, () => {
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    return input instanceof vscode.TabInputCustom && input.uri.path === file.path
      ? input.viewType
      : undefined;
  });
}

describe('the page of a model', function () {
  this.timeout(60_000);

  afterEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('opens for a model, which a text editor opens otherwise', async () => {
    const extension = vscode.extensions.getExtension('embedding-press.embedding-press');
    assert.ok(extension);
    const model = vscode.Uri.joinPath(extension.extensionUri, 'sample', 'model', 'model.json');
    await vscode.commands.executeCommand('vscode.open', model);
    assert.ok(vscode.window.tabGroups.activeTabGroup.activeTab?.input instanceof vscode.TabInputText);
    await vscode.commands.executeCommand('embeddingPress.openModel', model);
    assert.equal(await shownAs(model), 'embeddingPress.model');
  });

  it('opens for what a tree shows of a model', async () => {
    const model = await write('shown/model.safetensors', '');
    await vscode.commands.executeCommand('embeddingPress.openModel', { uri: model });
    assert.equal(await shownAs(model), 'embeddingPress.model');
  });
});
