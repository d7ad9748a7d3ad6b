import { dirname, sep } from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../core/errors.ts';
import { runFolders, runsBeside, runsOf } from '../process/runFolder.ts';
import { isGoing, listRuns, statusToShow, type Run, type RunStatus } from '../process/runStatus.ts';
import { runsSetting, runsSettingName } from './runsSetting.ts';

const pollMs = 500;
const compareMs = 2000;
const dataInWorkspace = '**/.embedding-press';
const statusInWorkspace = '**/.embedding-press/runs/*/*/status.json';
const mostRuns = 1000;
/** Folders of runs outside the workspace that were started from here, as the sample's in the extension's storage. */
const rememberedKey = 'runsFolders';
const mostRemembered = 20;

/**
 * The runs in the workspace folders and in the folders remembered, as their files tell. It is what the tree, the
 * status bar and the panels read, and it holds nothing that a reload would lose.
 */
export class RunStore implements vscode.Disposable {
  readonly #runs = new Map<string, RunStatus>();
  /** Looks at runs that are under way, the last one of each. */
  readonly #looks = new Map<string, Promise<unknown>>();
  readonly #changed = new vscode.EventEmitter<string>();
  readonly #ended = new vscode.EventEmitter<Run>();
  readonly #memory: vscode.Memento;
  readonly #log: vscode.LogOutputChannel;
  readonly #folders: vscode.Disposable;
  /** Runs whose changes watchers tell. */
  readonly #watched = new Set<string>();
  /** Folders of runs. */
  readonly #places = new Set<string>();
  readonly #comparing: NodeJS.Timeout;
  #watchers: vscode.Disposable[] = [];
  #poll: NodeJS.Timeout | undefined;
  #disposed = false;

  /** A run's folder: it is new, has changed or is gone. */
  readonly onDidChange = this.#changed.event;
  /** A run that was seen going on has ended. */
  readonly onDidEnd = this.#ended.event;

  constructor(memory: vscode.Memento, log: vscode.LogOutputChannel) {
    this.#memory = memory;
    this.#log = log;
    this.#folders = vscode.Disposable.from(
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.refresh()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(runsSettingName)) void this.refresh();
      }),
    );
    this.#comparing = setInterval(() => void this.#compare(), compareMs);
  }

  /** Newest first. */
  get runs(): readonly Run[] {
    // A run's name begins with the time of its start.
    return [...this.#runs]
      .map(([folder, status]) => ({ folder, status }))
      .sort((a, b) => (a.status.run < b.status.run ? 1 : -1));
  }

  get running(): readonly Run[] {
    return this.runs.filter(({ status }) => status.state === 'running');
  }

  /** The running ones and the paused ones. */
  get going(): readonly Run[] {
    return this.runs.filter(({ status }) => isGoing(status.state));
  }

  statusOf(folder: string): RunStatus | undefined {
    return this.#runs.get(folder);
  }

  /** Looks for all runs anew. */
  async refresh(): Promise<void> {
    this.#watch();
    const found = new Set(await this.#find());
    for (const folder of found) this.#watched.add(folder);
    for (const folder of this.#runs.keys()) found.add(folder);
    await Promise.all([...found].map((folder) => this.read(folder)));
  }

  /**
   * Reads where a run stands, once earlier looks at it are over; undefined where the folder holds none.
   *
   * @param begun whether it has just been started: it counts as seen running, however soon it has ended
   */
  async read(folder: string, { begun = false } = {}): Promise<RunStatus | undefined> {
    // In turn: of two at once the one that has read the older status may come to its end last.
    const look = (this.#looks.get(folder) ?? Promise.resolve()).then(() => this.#look(folder, begun));
    const ended = look
      .catch(() => undefined)
      .then(() => {
        if (this.#looks.get(folder) === ended) this.#looks.delete(folder);
      });
    this.#looks.set(folder, ended);
    return look;
  }

  async #look(folder: string, begun: boolean): Promise<RunStatus | undefined> {
    let status: RunStatus | undefined;
    try {
      status = await statusToShow(folder);
    } catch (error) {
      if (!(error instanceof UserError)) this.#log.warn(`${folder}: ${String(error)}`);
    }
    if (this.#disposed) return status;
    const before = this.#runs.get(folder);
    if (status === undefined) {
      if (this.#runs.delete(folder)) this.#changed.fire(folder);
      return undefined;
    }
    this.#runs.set(folder, status);
    this.#places.add(runsOf(folder));
    if (before?.state !== status.state || before.updatedAt !== status.updatedAt) {
      this.#changed.fire(folder);
      const went = begun || (before !== undefined && isGoing(before.state));
      if (went && !isGoing(status.state)) this.#ended.fire({ folder, status });
    }
    this.#schedulePoll();
    return status;
  }

  /** Remembers where a run is kept, if it is not where runs are looked for anyway. */
  async remember(runFolder: string): Promise<void> {
    const folder = runsOf(runFolder);
    const isBeside = folder === runsBeside(dirname(dirname(folder)));
    if (isBeside && vscode.workspace.getWorkspaceFolder(vscode.Uri.file(folder)) !== undefined) return;
    const others = this.#remembered.filter((other) => other !== folder);
    await this.#memory.update(rememberedKey, [folder, ...others].slice(0, mostRemembered));
    this.#watch();
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#poll);
    clearInterval(this.#comparing);
    vscode.Disposable.from(...this.#watchers, this.#folders, this.#changed, this.#ended).dispose();
  }

  get #remembered(): readonly string[] {
    return this.#memory.get<readonly string[]>(rememberedKey, []);
  }

  /** Folders of runs that do not lie beside a recipe of the workspace. */
  get #elsewhere(): readonly string[] {
    const set = (vscode.workspace.workspaceFolders ?? []).flatMap(({ uri }) => runsSetting(uri.fsPath) ?? []);
    return [...new Set([...this.#remembered, ...set])];
  }

  async #find(): Promise<string[]> {
    const inWorkspace = await vscode.workspace.findFiles(statusInWorkspace, '**/node_modules/**', mostRuns);
    const outside = await Promise.all(this.#elsewhere.map((folder) => listRuns(folder)));
    return [
      ...inWorkspace.map((file) => dirname(file.fsPath)),
      ...outside.flat().map(({ folder }) => folder),
    ];
  }

  /**
   * Folders made at one go may be told without what is in them, which then is never watched: so where there are runs,
   * the folders are compared, and those of which no watcher has told are read anew.
   */
  async #compare(): Promise<void> {
    const listed = await Promise.all([...this.#places].map((place) => runFolders(place)));
    const there = new Set(listed.flat());
    const known = [...this.#runs.keys()];
    const differing = [
      ...[...there].filter((folder) => !this.#runs.has(folder)),
      ...known.filter((folder) => !there.has(folder) || !this.#watched.has(folder)),
    ];
    await Promise.all(differing.map((folder) => this.read(folder)));
  }

  #watch(): void {
    for (const watcher of this.#watchers) watcher.dispose();
    const places = [
      ...(vscode.workspace.workspaceFolders ?? []).map((base) => ({ base, statuses: statusInWorkspace })),
      // No wider than the runs: a remembered folder may be the home folder.
      ...this.#elsewhere.map((folder) => ({
        base: vscode.Uri.file(folder),
        statuses: '*/*/status.json',
      })),
    ];
    for (const folder of this.#elsewhere) this.#places.add(folder);
    const update = (file: vscode.Uri): void => {
      const folder = dirname(file.fsPath);
      this.#watched.add(folder);
      void this.read(folder);
    };
    this.#watchers = places.flatMap(({ base, statuses }) => {
      const written = vscode.workspace.createFileSystemWatcher(
        new vscode.RelativePattern(base, statuses),
        false,
        false,
        true,
      );
      written.onDidCreate(update);
      written.onDidChange(update);
      // Of a folder that is deleted with all that is in it only the folder is told.
      const deleted = vscode.workspace.createFileSystemWatcher(
        new vscode.RelativePattern(base, '**'),
        true,
        true,
        false,
      );
      deleted.onDidDelete(({ fsPath }) => {
        for (const folder of this.#runs.keys()) {
          if (`${folder}${sep}`.startsWith(`${fsPath}${sep}`)) void this.read(folder);
        }
      });
      const begun = vscode.workspace.createFileSystemWatcher(
        new vscode.RelativePattern(base, dataInWorkspace),
        false,
        true,
        true,
      );
      begun.onDidCreate(({ fsPath }) => this.#places.add(runsBeside(dirname(fsPath))));
      return [written, deleted, begun];
    });
  }

  /** A run that is killed writes nothing more, and some file systems tell of no change: so those that go on are asked. */
  #schedulePoll(): void {
    if (this.#disposed || this.#poll !== undefined || this.going.length === 0) return;
    this.#poll = setTimeout(() => {
      void Promise.all(this.going.map(({ folder }) => this.read(folder))).finally(() => {
        this.#poll = undefined;
        this.#schedulePoll();
      });
    }, pollMs);
  }
}
