import { basename } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Inspection } from '../core/checkpoint/inspect.ts';
import { describeModel } from './checkpointLabels.ts';
import type { FoundModel } from './checkpointSearch.ts';
import { formatMegabytes } from './formatMegabytes.ts';

/** What the menus ask of a model. */
type ModelContext = 'compressible' | 'factorized' | 'broken';

/** A model's row in the tree. */
export function modelItem(model: FoundModel, name: string): vscode.TreeItem {
  const uri = vscode.Uri.file(model.path);
  const item = new vscode.TreeItem(name);
  item.id = model.path;
  const description = 'inspection' in model ? describeModel(model.inspection) : model.fault;
  item.description = description;
  const context = contextOf(model);
  item.contextValue = context;
  item.iconPath = icons[context];
  item.accessibilityInformation = { label: [name, stateOf(context), description].filter(Boolean).join(', ') };
  item.tooltip = 'inspection' in model ? tooltip(name, model.inspection) : faultTooltip(name, model);
  if ('inspection' in model) {
    const title = l10n.t('Show Model');
    item.command = { command: 'embeddingPress.openModel', title, arguments: [uri] };
  } else if (basename(model.path).endsWith('.json')) {
    item.command = { command: 'vscode.open', title: l10n.t('Open File'), arguments: [uri] };
  }
  return item;
}

function contextOf(model: FoundModel): ModelContext {
  if (!('inspection' in model)) return 'broken';
  return model.inspection.spec.embedding.rank === undefined ? 'compressible' : 'factorized';
}

const icons: Readonly<Record<ModelContext, vscode.ThemeIcon>> = {
  compressible: new vscode.ThemeIcon('package', new vscode.ThemeColor('charts.blue')),
  factorized: new vscode.ThemeIcon('fold', new vscode.ThemeColor('charts.green')),
  broken: new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground')),
};

/** What the icon says. */
function stateOf(context: ModelContext): string {
  if (context === 'broken') return l10n.t('cannot be used');
  return context === 'factorized' ? l10n.t('compressed') : '';
}

function tooltip(name: string, inspection: Inspection): vscode.MarkdownString {
  const { path, layers, storageBytes, vocabulary, labels, spec } = inspection;
  // Names and paths are anybody's: as text, never as markdown.
  const text = heading(name, describeModel(inspection));
  const header = [l10n.t('Weight'), l10n.t('Shape'), l10n.t('Parameters'), l10n.t('Share')];
  text.appendMarkdown(`\n\n| ${header.join(' | ')} |\n|---|---|--:|--:|\n`);
  for (const { name: weight, shape, parameters, share } of layers) {
    const cells = [
      weight,
      shape.join(' × '),
      parameters.toLocaleString('en-US'),
      `${(100 * share).toFixed(1)} %`,
    ];
    text.appendMarkdown(`| ${cells.join(' | ')} |\n`);
  }
  text.appendMarkdown('\n');
  const line = (value: string): void => void text.appendText(value).appendMarkdown('  \n');
  line(l10n.t('Weights: {0}', formatMegabytes(storageBytes)));
  if (vocabulary !== undefined) line(l10n.t('{0} words', vocabulary.toLocaleString('en-US')));
  line(labels ? l10n.t('Classes: {0}', labels.join(', ')) : l10n.t('{0} classes', spec.classes));
  line(path);
  return text;
}

function faultTooltip(name: string, { path, fault }: { path: string; fault: string }): vscode.MarkdownString {
  return heading(name, fault).appendMarkdown('\n\n').appendText(path);
}

function heading(name: string, description: string): vscode.MarkdownString {
  const text = new vscode.MarkdownString('**');
  return text.appendText(name).appendMarkdown('**  \n').appendText(description);
}
