import { version } from '../../../package.json';
import type { Engine } from './engine.ts';
import { newKernels, type KernelSharing } from './kernels.ts';
import { Workspace } from './workspace.ts';
import { workspacePool } from './workspacePool.ts';

/** The WebAssembly engine, which works wherever Node does; in one thread, or with others that share its products. */
export function createWasmEngine(sharing?: KernelSharing): Engine {
  return {
    name: 'wasm',
    versions: { kernels: version },
    ...workspacePool(() => new Workspace(newKernels(sharing))),
  };
}
