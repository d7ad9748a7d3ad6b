import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { openDialog, type PickItem } from '../pickFile.ts';
import { back, type Shown, type Steps } from './steps.ts';

/** Questions under one title that can be gone back from. */
export class Questions {
  readonly title: string;
  readonly #steps: Steps;

  constructor(steps: Steps, title: string) {
    this.#steps = steps;
    this.title = title;
  }

  /** The same questions under another title, once it is known what they are about. */
  under(title: string): Questions {
    return new Questions(this.#steps, title);
  }

  once<T>(work: () => Promise<T>): Promise<T> {
    return this.#steps.once(work);
  }

  /** One of several items; those that must be searched come when they are found. */
  pick<T>(items: Items<PickItem<T>>, placeholder: string): Promise<T> {
    return this.#steps.ask<T>((shown) => this.#show(shown, items, placeholder));
  }

  /** Some of several items, one at least. */
  pickMany<T>(items: readonly PickItem<T>[], placeholder: string): Promise<T[]> {
    return this.#steps.ask<T[]>(({ canGoBack, previous }) => {
      const box = this.#quickPick<PickItem<T>>(canGoBack, placeholder);
      box.canSelectMany = true;
      box.items = items;
      box.selectedItems = items.filter(({ value, picked }) => previous?.includes(value) ?? picked ?? false);
      return answerOf(box, () =>
        box.selectedItems.length > 0 ? box.selectedItems.map(({ value }) => value) : undefined,
      );
    });
  }

  /**
   * A file among those that are offered, or one that is browsed for; the dialog being closed, the list is shown again.
   *
   * @param choices what can be chosen other than a file, before and after the files
   */
  pickFile<T = never>(
    files: () => Promise<readonly PickItem<vscode.Uri>[]>,
    placeholder: Placeholder,
    filters: Record<string, string[]>,
    choices: { readonly first?: readonly PickItem<T>[]; readonly last?: readonly PickItem<T>[] } = {},
  ): Promise<vscode.Uri | T> {
    const browsing: PickItem<'browse'> = {
      label: l10n.t('Browse…'),
      iconPath: new vscode.ThemeIcon('folder-opened'),
      value: 'browse',
    };
    const { first = [], last = [] } = choices;
    return this.#steps.ask<vscode.Uri | T>(async (shown) => {
      for (;;) {
        const chosen = await this.#show<vscode.Uri | T | 'browse'>(
          shown,
          files().then((found) => [...first, ...found, browsing, ...last]),
          placeholder,
        );
        if (chosen !== 'browse') return chosen;
        const file = await openDialog(this.title, filters);
        if (file) return file;
      }
    });
  }

  /** A text; `check` says what is wrong with it, as one types. */
  input(
    prompt: string,
    value: string,
    check: (text: string) => string | undefined | Promise<string | undefined>,
  ): Promise<string> {
    return this.#steps.ask<string>(({ canGoBack, previous }) => {
      const box = vscode.window.createInputBox();
      dress(box, this.title, canGoBack);
      box.prompt = prompt;
      box.value = previous ?? value;
      let asked = 0;
      const validate = async (): Promise<boolean> => {
        const turn = ++asked;
        const wrong = await check(box.value);
        if (turn === asked) box.validationMessage = wrong;
        return wrong === undefined;
      };
      box.onDidChangeValue(() => void validate());
      void validate();
      return answerOf(box, async () => ((await validate()) ? box.value : undefined));
    });
  }

  #show<T>(
    { canGoBack, previous }: Shown<unknown>,
    items: Items<PickItem<T>>,
    placeholder: Placeholder,
  ): Promise<T | typeof back | undefined> {
    const box = this.#quickPick<PickItem<T>>(canGoBack, l10n.t('Searching…'));
    box.busy = true;
    const filled = Promise.resolve(items).then((all) => {
      box.busy = false;
      box.placeholder =
        typeof placeholder === 'string'
          ? placeholder
          : placeholder(all.filter(({ value }) => value instanceof vscode.Uri).length);
      box.items = all;
      const before = all.find(({ value }) => isSame(value, previous));
      if (before) box.activeItems = [before];
    });
    return answerOf(box, () => box.selectedItems[0]?.value, filled);
  }

  #quickPick<I extends vscode.QuickPickItem>(canGoBack: boolean, placeholder: string): vscode.QuickPick<I> {
    const box = vscode.window.createQuickPick<I>();
    dress(box, this.title, canGoBack);
    box.placeholder = placeholder;
    box.matchOnDescription = true;
    box.matchOnDetail = true;
    return box;
  }
}

type Items<I> = readonly I[] | Promise<readonly I[]>;
/** Some depend on how many files were found. */
type Placeholder = string | ((files: number) => string);
type Box = vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox;

function dress(box: Box, title: string, canGoBack: boolean): void {
  box.title = title;
  box.ignoreFocusOut = true;
  if (canGoBack) box.buttons = [vscode.QuickInputButtons.Back];
}

/**
 * Shows a box until it is answered, closed, or left by its Back button.
 *
 * @param read what is answered; undefined keeps the box open
 * @param filled what goes wrong in it ends the question
 */
function answerOf<T>(
  box: Box,
  read: () => T | undefined | Promise<T | undefined>,
  filled?: Promise<void>,
): Promise<T | typeof back | undefined> {
  return new Promise<T | typeof back | undefined>((resolve, reject) => {
    const accept = async (): Promise<void> => {
      const value = await read();
      if (value !== undefined) resolve(value);
    };
    filled?.catch(reject);
    box.onDidAccept(() => {
      accept().catch(reject);
    });
    box.onDidTriggerButton((button) => {
      if (button === vscode.QuickInputButtons.Back) resolve(back);
    });
    box.onDidHide(() => {
      resolve(undefined);
    });
    box.show();
  }).finally(() => {
    box.dispose();
  });
}

function isSame(a: unknown, b: unknown): boolean {
  return a instanceof vscode.Uri && b instanceof vscode.Uri ? a.toString() === b.toString() : a === b;
}
