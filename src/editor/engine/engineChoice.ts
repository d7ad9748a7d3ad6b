import * as l10n from '@vscode/l10n';
import type { EngineReport } from '../../core/engine/engineReport.ts';

/** The engine that a run would have now, or why it could not start. */
export interface EngineChoice {
  /** `TensorFlow 2.9.1`, `WebAssembly`, or what is wrong. */
  readonly label: string;
  readonly reason: string;
  /** No run could start. */
  readonly broken: boolean;
  /** Where a native library lies. */
  readonly folder?: string;
}

/** @param report undefined where trying TensorFlow ended the process that tried */
export function chooseEngine(
  setting: 'auto' | 'tensorflow' | 'wasm',
  report: EngineReport | undefined,
): EngineChoice {
  const wasm = l10n.t('WebAssembly');
  const tensorflow = report?.tensorflow;
  if (setting === 'wasm') {
    return { label: wasm, reason: l10n.t('The setting "embeddingPress.engine" asks for it.'), broken: false };
  }
  if (tensorflow === undefined) {
    return {
      label: l10n.t('TensorFlow does not run'),
      reason: l10n.t(
        'Its library ends the process that loads it. Remove it, or set "embeddingPress.engine" to "wasm".',
      ),
      broken: true,
    };
  }
  if (tensorflow.usable) {
    const { folder } = tensorflow;
    const label = l10n.t('TensorFlow {0}', tensorflow.versions.tensorflow ?? '');
    const reason =
      setting === 'auto'
        ? l10n.t('It is installed, and the setting "embeddingPress.engine" is "auto".')
        : l10n.t('The setting "embeddingPress.engine" asks for it.');
    return { label, reason, broken: false, folder };
  }
  if (setting === 'tensorflow') {
    return {
      label: l10n.t('TensorFlow is missing'),
      reason: l10n.t('The setting "embeddingPress.engine" asks for it. {0}', tensorflow.reason),
      broken: true,
    };
  }
  return {
    label: wasm,
    reason: l10n.t('TensorFlow, which is faster with wide layers, is not installed.'),
    broken: false,
  };
}
