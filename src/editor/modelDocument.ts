import * as vscode from 'vscode';
import { inspectCheckpoint } from '../core/checkpoint/inspect.ts';
import { CancelledError, UserError } from '../core/errors.ts';
import type { SpectrumReport } from '../core/report/reports.ts';
import { askCli } from '../process/askCli.ts';
import type { ModelPage, ReadModel, SpectrumState } from './modelProtocol.ts';
import { pageError, type PageError } from './pageError.ts';
import { modelLabel } from './pickFile.ts';
import { reducedModels } from './reducedModels.ts';

/** A model's folder is written file by file. */
const settleMs = 400;

/** What all pages of one model show: its description, read anew when the files change, and its spectrum. */
export class ModelDocument implements vscode.CustomDocument {
  readonly uri: vscode.Uri;
  readonly #scripts: string;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<ModelPage>();
  readonly onDidChange = this.#changed.event;
  readonly #listening: vscode.Disposable;
  #page: ModelPage | undefined;
  /** Aborted as soon as a newer one begins. */
  #reading = new AbortController();
  #settling: NodeJS.Timeout | undefined;

  /** @param scripts the folder of cli.cjs */
  constructor(uri: vscode.Uri, scripts: string, log: vscode.LogOutputChannel) {
    this.uri = uri;
    this.#scripts = scripts;
    this.#log = log;
    const folder = vscode.Uri.joinPath(uri, '..');
    const watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(folder, '*.{json,safetensors,keras,h5,bin,txt}'),
    );
    const settle = ({ path }: vscode.Uri): void => {
      if (path.endsWith('.press.json')) return;
      clearTimeout(this.#settling);
      this.#settling = setTimeout(() => void this.read(), settleMs);
    };
    this.#listening = vscode.Disposable.from(
      watcher,
      watcher.onDidChange(settle),
      watcher.onDidCreate(settle),
      watcher.onDidDelete(settle),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.read()),
    );
  }

  /** Undefined until the file has been read for the first time. */
  get page(): ModelPage | undefined {
    return this.#page;
  }

  async read(): Promise<void> {
    this.#reading.abort();
    const { signal } = (this.#reading = new AbortController());
    let model: ReadModel;
    try {
      const inspection = await inspectCheckpoint(this.uri.fsPath);
      const trusted = vscode.workspace.isTrusted;
      const factorized = inspection.spec.embedding.rank !== undefined;
      const state = factorized ? 'factorized' : trusted ? 'computing' : 'untrusted';
      model = { inspection, reduced: reducedModels(inspection), trusted, spectrum: { state } };
    } catch (error) {
      if (!signal.aborted) this.#show({ error: this.#describe(error) });
      return;
    }
    if (signal.aborted) return;
    this.#show(model);
    if (model.spectrum.state !== 'computing') return;
    const spectrum = await this.#askSpectrum(signal);
    if (spectrum !== undefined) this.#show({ ...model, spectrum });
  }

  dispose(): void {
    this.#reading.abort();
    clearTimeout(this.#settling);
    this.#listening.dispose();
    this.#changed.dispose();
  }

  /** Undefined where nobody waits for it any more. */
  async #askSpectrum(signal: AbortSignal): Promise<SpectrumState | undefined> {
    try {
      const options = { scripts: this.#scripts, signal };
      const report = await askCli<SpectrumReport>(['spectrum', this.uri.fsPath], options);
      return signal.aborted ? undefined : { state: 'done', report };
    } catch (error) {
      if (signal.aborted || error instanceof CancelledError) return undefined;
      return { state: 'failed', error: this.#describe(error) };
    }
  }

  #show(content: ModelPage['content']): void {
    const { fsPath } = this.uri;
    this.#page = {
      name: modelLabel(this.uri),
      path: vscode.workspace.asRelativePath(this.uri),
      isText: fsPath.endsWith('.json'),
      content,
    };
    this.#changed.fire(this.#page);
  }

  #describe(error: unknown): PageError {
    if (error instanceof UserError) {
      this.#log.warn(error.format());
    } else {
      this.#log.error(error instanceof Error ? error : String(error));
    }
    return pageError(error, this.uri.fsPath);
  }
}
