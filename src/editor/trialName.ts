import * as l10n from '@vscode/l10n';
import { UserError } from '../core/errors.ts';

/**
 * A trial's name as a page sent it, which may lead nowhere but into the run.
 * @throws UserError `no-trial`
 */
export function trialName(name: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,100}$/.test(name)) return name;
  throw new UserError(
    'no-trial',
    l10n.t("'{0}' is no model's name.", name.slice(0, 40)),
    l10n.t('Choose one in the table.'),
  );
}
