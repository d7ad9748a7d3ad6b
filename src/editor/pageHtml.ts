import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** A webview's page and the folder of the bundles that it may load. */
export interface Page {
  readonly webview: vscode.Webview;
  readonly dist: vscode.Uri;
  /** Of the script and style sheet in dist, e.g. `panel` for panel.js and panel.css. */
  readonly name: string;
}

/**
 * An empty page; its script builds what is in it, into `<main id="NAME">`. Nothing but our scripts, styles and icon
 * font may load. The strings of the user's language are in the JSON block `#l10n`, absent where they are English.
 */
export function pageHtml({ webview, dist, name }: Page): string {
  const nonce = randomBytes(16).toString('base64');
  const at = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(dist, file)).toString();
  const { cspSource } = webview;
  const policy =
    `default-src 'none'; style-src ${cspSource}; font-src ${cspSource}; img-src ${cspSource} data: blob:; ` +
    `script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="${vscode.env.language.replaceAll(/[^A-Za-z0-9-]/g, '')}">
<head>
  <meta charset="UTF-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="stylesheet" href="${at('codicon.css')}" id="vscode-codicon-stylesheet">
  <link rel="stylesheet" href="${at(`${name}.css`)}">
  <title>Embedding Press</title>
</head>
<body>
  <main id="${name}"></main>
  ${stringsBlock(nonce)}
  <script nonce="${nonce}" src="${at(`${name}.js`)}"></script>
</body>
</html>`;
}

function stringsBlock(nonce: string): string {
  const { bundle } = vscode.l10n;
  if (bundle === undefined) return '';
  // `<` is the one character that could end the block.
  const json = JSON.stringify(bundle).replaceAll('<', String.raw`\u003c`);
  return `<script nonce="${nonce}" type="application/json" id="l10n">${json}</script>`;
}
