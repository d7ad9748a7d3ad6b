import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { stopRuns } from './stopRuns.ts';
import { openWorkbench, type Workbench, type WorkbenchOptions } from './workbench.ts';

/** The extension as it is published. VSIX names another build. */
export const vsix = process.env.VSIX ?? 'out/embedding-press.vsix';
export const cli = 'dist/cli.cjs';

/** What the tests of a suite share, from its `before` to its `after`. */
export interface Opened {
  readonly folder: string;
  readonly workbench: Workbench;
  readonly page: Page;
  /** A row of a tree by the first words that a screen reader says of it. */
  readonly row: (label: string) => Locator;
}

interface SuiteOptions extends Omit<WorkbenchOptions, 'folder' | 'vsix'> {
  /** The folder's own name, which the window shows. */
  readonly name?: string;
  /** What of it is opened, such as a .code-workspace, where it is not the folder itself. */
  readonly opens?: string;
}

/**
 * Opens a workbench for the suite that calls it, with the extension and a folder of its own; both go with the suite.
 * A test that fails leaves a picture in out/test/, also if it is then tried once more.
 *
 * @param fill makes the folder's files before it is opened
 */
export function useWorkbench(
  fill: (folder: string) => Promise<void>,
  { name = 'mail', opens = '', ...options }: SuiteOptions = {},
): Opened {
  let own = '';
  let folder = '';
  let workbench: Workbench | undefined;
  const opened = (): Workbench => {
    if (workbench === undefined) throw new Error('The workbench is opened before the first test.');
    return workbench;
  };

  before(async function () {
    this.timeout(120_000);
    own = await realpath(await mkdtemp(join(tmpdir(), 'workbench-')));
    folder = join(own, name);
    await mkdir(folder);
    await fill(folder);
    workbench = await openWorkbench({ ...options, folder: join(folder, opens), vsix });
  });

  afterEach(async function () {
    await pictureOfFailure(workbench, this.currentTest);
  });

  after(async () => {
    await workbench?.dispose();
    if (own === '') return;
    await stopRuns(folder);
    await rm(own, { recursive: true, force: true });
  });

  return {
    get folder() {
      return folder;
    },
    get workbench() {
      return opened();
    },
    get page() {
      return opened().page;
    },
    row: (label) => opened().row(label),
  };
}

/** A picture in out/test/ of the window as a test has left it that has failed, also if it is then tried once more. */
export async function pictureOfFailure(
  workbench: Workbench | undefined,
  test: Mocha.Test | undefined,
): Promise<void> {
  if (test === undefined || test.state === 'passed' || test.isPending()) return;
  await workbench?.screenshot(`out/test/${test.title.replaceAll(/\W+/g, '-')}.png`);
}

/** Asks again until there is an answer; an error is none. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  ms = 30_000,
): Promise<T> {
  let last: unknown;
  for (const end = Date.now() + ms; Date.now() < end;) {
    const answer = await ask().catch((error: unknown) => void (last = error));
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Within ${ms} ms it did not come about that ${what}.`, { cause: last });
}
