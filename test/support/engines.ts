import { buildKernels } from '../../scripts/buildKernels.mjs';
import type { Engine } from '../../src/core/engine/engine.ts';
import { createTensorflowEngine } from '../../src/core/engine/tensorflowEngine.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { UserError } from '../../src/core/errors.ts';

/** The folder of kernels.wasm, compiled where it is missing or old. */
export const wasmFolder: string = await buildKernels('out/kernels');

/** The engines on this machine: always WebAssembly, and TensorFlow where it is installed. */
export async function installedEngines(): Promise<Engine[]> {
  const engines = [await createWasmEngine(wasmFolder)];
  try {
    engines.push(await createTensorflowEngine(wasmFolder));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
  return engines;
}
