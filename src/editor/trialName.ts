import { UserError } from '../core/errors.ts';

/**
 * A trial's name as a page sent it, which may lead nowhere but into the run.
 * @throws UserError `no-trial`
 */
export function trialName(name: string): string {
  if (/^[A-Za-z0-9][\w-]{0,100}$/.test(name)) return name;
  throw new UserError('no-trial', `'${name.slice(0, 40)}' is no model's name.`, 'Choose one in the table.');
}
