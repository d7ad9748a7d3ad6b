import * as l10n from '@vscode/l10n';

/** The name as it is typed, with or without the ending. */
export function nameOfRecipe(text: string): string {
  return text.trim().replace(/\.press\.json$/i, '');
}

/** What is wrong with a recipe's name, if anything. @param exists whether there is a file of that name */
export function wrongName(text: string, exists: (file: string) => boolean): string | undefined {
  const name = nameOfRecipe(text);
  if (name === '') return l10n.t('A recipe needs a name.');
  // What Windows does not take in a file's name either: the folder may be on a share, or in a repository.
  const mark = /[\\/:*?"<>|]/.exec(name)?.[0];
  if (mark !== undefined) return l10n.t('A name has no {0}.', mark);
  if (name.startsWith('.') || name.endsWith('.')) return l10n.t('A name has no dot at its ends.');
  const file = `${name}.press.json`;
  return exists(file) ? l10n.t('{0} is there already.', file) : undefined;
}
