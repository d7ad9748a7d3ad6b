/** As much of VS Code's interface as a RunStore needs, where nothing is in the workspace but what the test puts there. */
type Listener<T> = (value: T) => void;

export class EventEmitter<T> {
  readonly #listeners = new Set<Listener<T>>();

  readonly event = (listener: Listener<T>): Disposable => {
    this.#listeners.add(listener);
    return new Disposable(() => this.#listeners.delete(listener));
  };

  fire(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}

export class Disposable {
  readonly #end: () => unknown;

  constructor(end: () => unknown) {
    this.#end = end;
  }

  static from(...all: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const one of all) one.dispose();
    });
  }

  dispose(): void {
    this.#end();
  }
}

export class RelativePattern {
  constructor(
    readonly base: unknown,
    readonly pattern: string,
  ) {}
}

export const Uri = { file: (fsPath: string): { fsPath: string } => ({ fsPath }) };

const never = (): Disposable => new Disposable(() => undefined);

export const workspace = {
  workspaceFolders: [],
  onDidChangeWorkspaceFolders: never,
  onDidChangeConfiguration: never,
  findFiles: (): Promise<never[]> => Promise.resolve([]),
  createFileSystemWatcher: () => ({
    onDidCreate: never,
    onDidChange: never,
    onDidDelete: never,
    dispose: () => undefined,
  }),
};
