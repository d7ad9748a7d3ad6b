import type { Engine } from '../../src/core/engine/engine.ts';
import { createTensorflowEngine } from '../../src/core/engine/tensorflowEngine.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { UserError } from '../../src/core/errors.ts';

/** The engines on this machine: always WebAssembly, and TensorFlow where it is installed. */
export function installedEngines(): Engine[] {
  const engines = [createWasmEngine()];
  try {
    engines.push(createTensorflowEngine());
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
  return engines;
}
