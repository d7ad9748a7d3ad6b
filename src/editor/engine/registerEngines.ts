import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { UserError } from '../../core/errors.ts';
import type { RunStore } from '../runStore.ts';
import { showErrors } from '../userErrors.ts';
import { EngineItem } from './engineItem.ts';
import { Engines } from './engines.ts';

/** The choice of the engine, its commands, and what is seen of it. */
export function registerEngines(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  runs: RunStore,
): vscode.Disposable {
  const engines = new Engines(context, log);
  const register = (name: string, work: () => Promise<void>): vscode.Disposable =>
    vscode.commands.registerCommand(`embeddingPress.${name}`, () =>
      showErrors(log, async () => {
        checkTrust();
        await work();
      }),
    );
  return vscode.Disposable.from(
    engines,
    new EngineItem(engines),
    register('installTensorflow', async () => {
      const { installTensorflow } = await import('./installCommand.ts');
      await installTensorflow(engines);
    }),
    register('removeTensorflow', async () => {
      const { removeTensorflow } = await import('./engineCommands.ts');
      await removeTensorflow(engines, runs);
    }),
    register('showEngine', async () => {
      const { showEngine } = await import('./engineCommands.ts');
      await showEngine(engines);
    }),
  );
}

/** To know an engine is to start a process, which nothing does without trust. */
function checkTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw new UserError(
    'untrusted-workspace',
    l10n.t('No engine is tried in a workspace that is not trusted.'),
    l10n.t('Trust it with the command "Workspaces: Manage Workspace Trust".'),
  );
}
