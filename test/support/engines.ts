import { createTensorflowEngine } from '../../src/core/engine/tensorflowEngine.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import type { Engine } from '../../src/core/engine/engine.ts';
import { UserError } from '../../src/core/errors.ts';
import { fileURLToPath } from 'node:url';

export const wasmFolder = fileURLToPath(
  new URL('../../node_modules/@tensorflow/tfjs-backend-wasm/dist', import.meta.url),
);

/** The engines on this machine: always WebAssembly, and TensorFlow where it is installed. */
export async function installedEngines(): Promise<Engine[]> {
  const engines = [await createWasmEngine(wasmFolder)];
  try {
    engines.push(createTensorflowEngine());
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
  return engines;
}
