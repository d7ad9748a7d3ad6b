import * as l10n from '@vscode/l10n';

/**
 * Loads the strings of the user's language from the page's JSON block `#l10n`; English ones are the code's own. Import
 * it before everything that has text.
 */
const block = document.getElementById('l10n')?.textContent;
if (block) l10n.config({ contents: block });
