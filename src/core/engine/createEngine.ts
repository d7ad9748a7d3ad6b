import { UserError } from '../errors.ts';
import type { Engine, EngineName } from './engine.ts';
import { createTensorflowEngine } from './tensorflowEngine.ts';
import { createWasmEngine } from './wasmEngine.ts';

/**
 * The engine of that name; `auto` takes TensorFlow where it is installed and WebAssembly elsewhere.
 * @throws UserError `tensorflow-missing` where TensorFlow is asked for by name and is not there.
 */
export async function createEngine(name: EngineName | 'auto', wasmFolder: string): Promise<Engine> {
  if (name === 'wasm') return createWasmEngine(wasmFolder);
  try {
    return await createTensorflowEngine(wasmFolder);
  } catch (error) {
    if (name === 'auto' && error instanceof UserError) return createWasmEngine(wasmFolder);
    throw error;
  }
}
