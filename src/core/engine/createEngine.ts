import { UserError } from '../errors.ts';
import type { Engine, EngineName } from './engine.ts';
import type { KernelSharing } from './kernels.ts';
import { createTensorflowEngine } from './tensorflowEngine.ts';
import { createWasmEngine } from './wasmEngine.ts';

/**
 * The engine of that name; `auto` takes TensorFlow where it is installed and WebAssembly elsewhere.
 *
 * @param sharing of the kernels' products
 * @throws UserError `tensorflow-missing` where TensorFlow is asked for by name and is not there.
 */
export function createEngine(name: EngineName | 'auto', sharing?: KernelSharing): Engine {
  if (name === 'wasm') return createWasmEngine(sharing);
  try {
    return createTensorflowEngine(sharing);
  } catch (error) {
    if (name === 'auto' && error instanceof UserError) return createWasmEngine(sharing);
    throw error;
  }
}
