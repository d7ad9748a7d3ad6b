import * as vscode from 'vscode';
import { checkSettings, type Settings } from './settingsRules.ts';

const section = 'embeddingPress';

/** The settings as they are now; nothing keeps them, so that a change counts from the next run on. */
export function readSettings(): Settings {
  return check().settings;
}

/** Logs each wrong value when it is met: at the start, and where the settings change. */
export function logSettingProblems(log: vscode.LogOutputChannel): vscode.Disposable {
  const known = new Set<string>();
  const report = (): void => {
    for (const { setting, value, expected, instead } of check().problems) {
      const text = `${section}.${setting} is ${JSON.stringify(value)}, expected ${expected}: ${instead} counts.`;
      if (!known.has(text)) log.warn(text);
      known.add(text);
    }
  };
  report();
  return vscode.workspace.onDidChangeConfiguration((change) => {
    if (change.affectsConfiguration(section)) report();
  });
}

function check(): ReturnType<typeof checkSettings> {
  const settings = vscode.workspace.getConfiguration(section);
  return checkSettings((name) => settings.get(name));
}
