import * as l10n from '@vscode/l10n';
import { UserError } from '../../core/errors.ts';

/** The package of which the addon is a part, and whose layout the installed folder has. */
export const addonPackage = { name: '@tensorflow/tfjs-node', version: '4.22.0', license: 'Apache-2.0' };
export const libraryVersion = '2.9.1';

/** A tar.gz that is unpacked into the engine's folder. */
export interface EngineArchive {
  readonly url: string;
  /** In hex, where it is known and demanded. */
  readonly sha256?: string;
  /** Bounds of the download and of what it holds, in bytes: several times what they are. */
  readonly mostBytes: number;
  readonly mostUnpackedBytes: number;
  /** The folder below the engine's that takes it. */
  readonly into: string;
  /** Which of its files are needed. */
  readonly wanted: RegExp;
}

const host = 'https://storage.googleapis.com/';

/**
 * What tfjs-node's own install script would download: its addon, and TensorFlow's C library.
 *
 * @param mirror another address with the same paths. Its files need not have the known hash: who names it, in the
 *   editor's environment, trusts it.
 * @throws UserError `no-engine-build`: only Linux on x64 has an addon that is built already
 */
export function engineArchives(
  platform: string,
  arch: string,
  mirror = process.env.EMBEDDING_PRESS_ENGINE_MIRROR ?? '',
): readonly EngineArchive[] {
  if (platform !== 'linux' || arch !== 'x64') {
    throw new UserError(
      'no-engine-build',
      l10n.t('There is no ready-made TensorFlow engine for {0} on {1}.', platform, arch),
      l10n.t(
        'WebAssembly computes instead. Where {0} {1} is installed with npm, the environment variable {2} can name its folder.',
        addonPackage.name,
        addonPackage.version,
        'EMBEDDING_PRESS_TENSORFLOW',
      ),
    );
  }
  const base = mirror === '' ? host : mirror.replace(/\/*$/, '/');
  const { version } = addonPackage;
  return [
    {
      url: `${base}tf-builds/pre-built-binary/napi-v8/${version}/CPU-linux-${version}.tar.gz`,
      mostBytes: 10e6,
      mostUnpackedBytes: 20e6,
      into: 'lib',
      wanted: /^napi-v8\/tfjs_binding\.node$/,
    },
    {
      url: `${base}tensorflow/libtensorflow/libtensorflow-cpu-linux-x86_64-${libraryVersion}.tar.gz`,
      ...(mirror === '' && { sha256: '7f510d2546e3db5e10b1d119463689003d587842892ad3c95bca51cf82820173' }),
      mostBytes: 800e6,
      mostUnpackedBytes: 2e9,
      into: 'deps',
      wanted: /^lib\/[\w.]+$|^LICENSE$|^THIRD_PARTY_\w+$/,
    },
  ];
}
