import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ModelDocument } from './modelDocument.ts';
import type { ModelHostMessage, ModelPage, ModelPageMessage } from './modelProtocol.ts';
import { pageHtml } from './pageHtml.ts';
import { modelGlob } from './modelFiles.ts';
import { browse, findInWorkspace, modelLabel, pick, type PickItem } from './pickFile.ts';
import { showErrors } from './userErrors.ts';

export const modelType = 'embeddingPress.model';

/** Registers the page of a model and the command that opens it. */
export function registerModelEditor(
  { extensionUri }: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.window.registerCustomEditorProvider(
      modelType,
      new ModelEditor(vscode.Uri.joinPath(extensionUri, 'dist'), log),
      { supportsMultipleEditorsPerDocument: true },
    ),
    vscode.commands.registerCommand('embeddingPress.openModel', (argument: unknown) =>
      showErrors(log, async () => {
        const file = asModel(argument) ?? (await askModel());
        await vscode.commands.executeCommand('vscode.openWith', file, modelType);
      }),
    ),
  );
}

class ModelEditor implements vscode.CustomReadonlyEditorProvider<ModelDocument> {
  readonly #dist: vscode.Uri;
  readonly #log: vscode.LogOutputChannel;

  constructor(dist: vscode.Uri, log: vscode.LogOutputChannel) {
    this.#dist = dist;
    this.#log = log;
  }

  async openCustomDocument(uri: vscode.Uri): Promise<ModelDocument> {
    const { ModelDocument } = await import('./modelDocument.ts');
    const document = new ModelDocument(uri, this.#dist.fsPath, this.#log);
    void document.read();
    return document;
  }

  resolveCustomEditor(document: ModelDocument, panel: vscode.WebviewPanel): void {
    const { webview } = panel;
    const post = (page: ModelPage): void => {
      const message: ModelHostMessage = { type: 'page', page };
      void webview.postMessage(message);
    };
    webview.options = { enableScripts: true, localResourceRoots: [this.#dist] };
    const listening = vscode.Disposable.from(
      document.onDidChange(post),
      webview.onDidReceiveMessage(({ type }: ModelPageMessage) =>
        showErrors(this.#log, async () => {
          switch (type) {
            case 'ready':
              if (document.page) post(document.page);
              break;
            case 'reload':
              await document.read();
              break;
            case 'compress':
              await vscode.commands.executeCommand('embeddingPress.compressModel', document.uri);
              break;
            case 'openAsText':
              await vscode.commands.executeCommand('vscode.openWith', document.uri, 'default');
              break;
          }
        }),
      ),
    );
    panel.onDidDispose(() => {
      listening.dispose();
    });
    webview.html = pageHtml({ webview, dist: this.#dist, name: 'model' });
  }
}

/** Menus hand over a file, a tree what it shows of one, and the palette nothing. */
function asModel(argument: unknown): vscode.Uri | undefined {
  if (argument instanceof vscode.Uri) return argument;
  const { uri } = (argument ?? {}) as { readonly uri?: unknown };
  return uri instanceof vscode.Uri ? uri : undefined;
}

async function askModel(): Promise<vscode.Uri> {
  const title = l10n.t('Show Model');
  const browsing = 'browse';
  const models = await findInWorkspace(modelGlob);
  const browseItem: PickItem<typeof browsing> = {
    label: l10n.t('Browse…'),
    iconPath: new vscode.ThemeIcon('folder-opened'),
    value: browsing,
  };
  const chosen = await pick<vscode.Uri | typeof browsing>(
    [...models.map(modelItem), browseItem],
    title,
    models.length === 0 ? l10n.t('There is no model in this workspace') : l10n.t('The model to show'),
  );
  return chosen === browsing
    ? browse(title, { [l10n.t('Model')]: ['json', 'safetensors', 'keras', 'h5'] })
    : chosen;
}

/** By the folder's name; the path tells a model from another format of it. */
function modelItem(file: vscode.Uri): PickItem<vscode.Uri> {
  return {
    label: modelLabel(file),
    description: vscode.workspace.asRelativePath(file),
    value: file,
  };
}
