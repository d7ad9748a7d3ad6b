import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Browser, Frame, FrameLocator, Locator, Page } from 'playwright-core';
import { launchBrowser } from './browser.ts';
import { startServer, type Server, type ServerOptions } from './server.ts';

/** Colour themes that VS Code has built in, by their names in its list. */
export type ThemeName = 'Dark Modern' | 'Light Modern' | 'Dark High Contrast' | 'Light High Contrast';

export interface WorkbenchOptions extends ServerOptions {
  /** The folder or .code-workspace that is open, an absolute path. */
  readonly folder: string;
  readonly width?: number;
  readonly height?: number;
  /** The extensions' display language, such as `de`; VS Code itself stays English without a language pack. */
  readonly language?: string;
}

/** A VS Code of its own with a folder open, in a browser of its own. Call `dispose` in the end, also after a failure. */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const server = await startServer(options);
  let browser: Browser | undefined;
  try {
    browser = await launchBrowser();
    const { width = 1400, height = 900 } = options;
    const context = await browser.newContext({
      viewport: { width, height },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await context.route(
      ({ hostname }) => hostname !== '127.0.0.1',
      (route) => route.abort(),
    );
    if (options.language !== undefined)
      await context.addInitScript(`globalThis._VSCODE_NLS_LANGUAGE = ${JSON.stringify(options.language)}`);
    const workbench = new Workbench(server, browser, await context.newPage());
    await workbench.openFolder(options.folder);
    return workbench;
  } catch (error) {
    await browser?.close();
    await server.dispose();
    throw error;
  }
}

/** What a person does with VS Code. Every wait ends with an error after `patience` milliseconds. */
export class Workbench {
  static readonly patience = 30_000;
  readonly page: Page;
  readonly #server: Server;
  readonly #browser: Browser;

  constructor(server: Server, browser: Browser, page: Page) {
    this.#server = server;
    this.#browser = browser;
    this.page = page;
    page.setDefaultTimeout(Workbench.patience);
  }

  /** The folder where extensions are installed. */
  get extensions(): string {
    return this.#server.extensions;
  }

  /** Waits until the window stands and its extensions are there. */
  async loaded(): Promise<void> {
    await this.page.locator('.monaco-workbench .activitybar').waitFor();
    await this.page.locator('.statusbar-item').first().waitFor();
  }

  /** Reloads the window. A page that is reloaded by the browser may lose what VS Code has not written yet. */
  async reload(): Promise<void> {
    const loading = this.page.waitForEvent('load');
    await this.runCommand('Developer: Reload Window');
    await loading;
    await this.loaded();
  }

  /** Opens another folder, or a .code-workspace, in the same window. */
  async openFolder(path: string): Promise<void> {
    const kind = path.endsWith('.code-workspace') ? 'workspace' : 'folder';
    await this.page.goto(`${this.#server.url}/?${kind}=${encodeURIComponent(path)}`);
    await this.loaded();
  }

  /** Opens a folder in another window of the same VS Code, which goes with this one. */
  async openWindow(path: string): Promise<Workbench> {
    const page = await this.page.context().newPage();
    const other = new Workbench(this.#server, this.#browser, page);
    await other.openFolder(path);
    return other;
  }

  /** A row of a tree by the first words that a screen reader says of it. */
  row(label: string): Locator {
    return this.page.locator(`.pane-body .monaco-list-row[aria-label^="${quoted(label)}"]`).first();
  }

  /** Runs a command of the palette by its whole title, such as `Embedding Press: Try the Sample`. */
  async runCommand(title: string): Promise<void> {
    await this.#openPalette(`>${title}`);
    await this.pick(title);
  }

  /** Whether the palette offers the command. */
  async offers(title: string): Promise<boolean> {
    await this.#openPalette(`>${title}`);
    await this.page.locator('.quick-input-list .monaco-list-row').first().waitFor();
    const rows = this.page.locator(`.quick-input-list .monaco-list-row[aria-label^="${quoted(title)}"]`);
    const found = (await rows.count()) > 0;
    await this.page.keyboard.press('Escape');
    return found;
  }

  /** Opens a file of the folder by its name. */
  async openFile(name: string): Promise<void> {
    await this.#openPalette(name);
    await this.pick(name);
    await this.page.locator(`.tab[data-resource-name="${quoted(name)}"]`).waitFor();
  }

  /** Picks the row of the open list that begins with the text. */
  async pick(label: string): Promise<void> {
    const row = `.quick-input-list .monaco-list-row`;
    const [whole, more] = [`[aria-label="${quoted(label)}"]`, `[aria-label^="${quoted(label)}"]`];
    await this.page.locator(`${row}${more}`).first().waitFor();
    const exact = this.page.locator(`${row}${whole}`);
    await ((await exact.count()) > 0 ? exact : this.page.locator(`${row}${more}`)).first().click();
  }

  /** Types into the open input box and accepts it. */
  async answer(text: string): Promise<void> {
    await this.quickInput().fill(text);
    await this.page.keyboard.press('Enter');
  }

  quickInput(): Locator {
    return this.page.locator('.quick-input-widget input.input:visible').first();
  }

  /** What the open list or input box asks. */
  quickTitle(): Locator {
    return this.page.locator('.quick-input-widget .quick-input-title');
  }

  /** Runs a task by its label, whether it is among the recent ones or not. */
  async runTask(label: string): Promise<void> {
    const all = this.page.locator('.quick-input-list .monaco-list-row[aria-label^="Show All Tasks"]');
    const task = this.page.locator(`.quick-input-list .monaco-list-row[aria-label*="${quoted(label)}"]`);
    // The command does nothing until the window has its terminals again, and does not say so.
    await this.#until(async () => {
      await this.runCommand('Tasks: Run Task');
      await all.or(task).first().waitFor({ timeout: 3000 });
    });
    if ((await task.count()) === 0) await all.click();
    await task.first().click();
  }

  /** Opens a view container by its name in the activity bar, such as `Embedding Press`. */
  async openView(name: string): Promise<void> {
    // Its badge lies over the label.
    const label = this.page.locator(`a.action-label[aria-label^="${quoted(name)}"]`);
    const item = this.page.locator('.activitybar .action-item', { has: label }).first();
    const open = this.page.locator('.activitybar .action-item.checked', { has: label }).first();
    await item.waitFor();
    // A click on the view that is open closes it: one that has been opened meanwhile, too.
    await this.#until(async () => {
      if ((await open.count()) === 0) await item.click({ timeout: 3000 });
      await open.waitFor({ timeout: 3000 });
    });
  }

  /** The tree row whose label contains the text, in the explorer or in a view. */
  treeRow(text: string): Locator {
    return this.page.locator(`.pane-body .monaco-list-row[aria-label*="${quoted(text)}"]`).first();
  }

  /** Chooses an entry of a row's context menu. */
  async contextMenu(row: Locator, entry: string): Promise<void> {
    const enabled = this.page.locator('.context-view .action-item:not(.disabled) .action-label');
    const action = enabled.filter({ hasText: entry }).first();
    let isOpen = false;
    await this.#until(async () => {
      // What is not enabled yet stays so in a menu that is open.
      if (isOpen) await this.page.keyboard.press('Escape');
      await row.click({ button: 'right' });
      isOpen = true;
      // A menu that has just opened takes no click, lest the one that opened it chooses.
      for (const last of [false, true]) {
        await action.click({ timeout: 3000 });
        try {
          await action.waitFor({ state: 'hidden', timeout: 1500 });
          return;
        } catch (error) {
          if (last) throw error;
        }
      }
    });
  }

  /** The page inside the webview that is shown. */
  webviewFrame(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready:visible').frameLocator('iframe#active-frame');
  }

  /** The document of that page. */
  async webviewDocument(): Promise<Frame> {
    const outer = await this.page.locator('iframe.webview.ready:visible').first().elementHandle();
    const shell = await outer.contentFrame();
    const inner = await shell?.waitForSelector('iframe#active-frame');
    const document = await inner?.contentFrame();
    if (!document) throw new Error('There is no webview.');
    return document;
  }

  /** The text of the terminal that is shown. */
  async terminalText(): Promise<string> {
    const rows = this.page.locator('.terminal-wrapper.active .xterm-rows > div');
    return (await rows.allTextContents()).join('\n').replaceAll('\u00a0', ' ').trimEnd();
  }

  /** Waits until the terminal that is shown has the text, and gives all of its text. */
  async terminalShows(text: string | RegExp, milliseconds = Workbench.patience): Promise<string> {
    let last = '';
    for (const end = Date.now() + milliseconds; Date.now() < end;) {
      last = await this.terminalText();
      if (typeof text === 'string' ? last.includes(text) : text.test(last)) return last;
      await this.page.waitForTimeout(200);
    }
    throw new Error(`The terminal does not show ${String(text)} but:\n${last}`);
  }

  /** What the notifications that are shown say. */
  async notifications(): Promise<string[]> {
    return this.page.locator('.notification-list-item-message').allTextContents();
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notification-list-item', { hasText: text }).first();
  }

  /** Presses a notification's button. */
  async press(notification: Locator, button: string): Promise<void> {
    await notification.locator('.monaco-button', { hasText: button }).click();
  }

  /** Closes the notifications that are shown, unanswered. */
  async dismissNotifications(): Promise<void> {
    await this.runCommand('Notifications: Clear All Notifications');
    await this.page.locator('.notification-list-item').first().waitFor({ state: 'detached' });
  }

  statusBarItem(text: string | RegExp): Locator {
    return this.page.locator('.statusbar-item', { hasText: text }).first();
  }

  /** The titles of the open tabs. */
  async tabs(): Promise<string[]> {
    const tabs = await this.page.locator('.tabs-container .tab .monaco-icon-label').allTextContents();
    return tabs.map((title) => title.trim());
  }

  async setTheme(name: ThemeName): Promise<void> {
    await this.runCommand('Preferences: Color Theme');
    await this.quickInput().fill(name);
    await this.pick(name);
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** Writes a PNG of the window, its folder made where it is missing. */
  async screenshot(path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await this.page.screenshot({ path, animations: 'disabled' });
  }

  /** Closes the browser, ends the server, this one alone, and removes its folders. */
  async dispose(): Promise<void> {
    await this.#browser.close();
    await this.#server.dispose();
  }

  async #openPalette(text: string): Promise<void> {
    // A key that comes while the focus moves into a webview is lost, and so is one in a frame that stays empty; a palette
    // that is open then closes. A busy page needs longer than a key that is lost should cost.
    let patience = 2000;
    await this.#until(async () => {
      await this.page.keyboard.press('Escape');
      await this.page.keyboard.press('F1');
      try {
        await this.quickInput().fill(text, { timeout: patience });
      } catch (error) {
        for (const frame of await this.page.locator('iframe').all()) await frame.blur();
        patience *= 2;
        throw error;
      }
    });
  }

  /** Does it again while it fails, as long as there is patience. */
  async #until(attempt: () => Promise<void>): Promise<void> {
    for (const end = Date.now() + Workbench.patience; ;) {
      try {
        await attempt();
        return;
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
  }
}

function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}
