import { version } from '../../../package.json';
import type { Engine } from './engine.ts';
import { newKernels } from './kernels.ts';
import { Workspace } from './workspace.ts';
import { workspacePool } from './workspacePool.ts';

/** The WebAssembly engine, which works wherever Node does. */
export function createWasmEngine(): Engine {
  return {
    name: 'wasm',
    versions: { kernels: version },
    ...workspacePool(() => new Workspace(newKernels())),
  };
}
