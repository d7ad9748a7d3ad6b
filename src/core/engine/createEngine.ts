import { UserError } from '../errors.ts';
import type { Engine, EngineName } from './engine.ts';
import { createTensorflowEngine } from './tensorflowEngine.ts';
import { createWasmEngine } from './wasmEngine.ts';

/**
 * The engine of that name; `auto` takes TensorFlow where it is installed and WebAssembly elsewhere.
 * @throws UserError `tensorflow-missing` where TensorFlow is asked for by name and is not there.
 */
export function createEngine(name: EngineName | 'auto'): Engine {
  if (name === 'wasm') return createWasmEngine();
  try {
    return createTensorflowEngine();
  } catch (error) {
    if (name === 'auto' && error instanceof UserError) return createWasmEngine();
    throw error;
  }
}
