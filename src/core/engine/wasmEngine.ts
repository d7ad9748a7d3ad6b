import { version } from '../../../package.json';
import type { Engine } from './engine.ts';
import { loadKernels } from './kernels.ts';
import { Workspace } from './workspace.ts';

/**
 * The WebAssembly engine, which works wherever Node does.
 * @param wasmFolder the folder that holds kernels.wasm
 */
export async function createWasmEngine(wasmFolder: string): Promise<Engine> {
  const instantiate = await loadKernels(wasmFolder);
  return { name: 'wasm', versions: { kernels: version }, workspace: () => new Workspace(instantiate()) };
}
