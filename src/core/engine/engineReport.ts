import { UserError } from '../errors.ts';
import type { Engine } from './engine.ts';
import { createTensorflowEngine, tensorflowFolder } from './tensorflowEngine.ts';
import { createWasmEngine } from './wasmEngine.ts';

export type Versions = Readonly<Record<string, string>>;

/** TensorFlow on this machine. */
export type TensorflowReport =
  | { readonly usable: true; readonly versions: Versions; readonly folder: string }
  | { readonly usable: false; readonly reason: string };

/** What there is to compute with. */
export interface EngineReport {
  readonly tensorflow: TensorflowReport;
  /** Always usable: it is part of the program. */
  readonly wasm: { readonly versions: Versions };
}

/** Starts each engine and has it multiply two matrices. A native library that does not fit ends the process. */
export async function reportEngines(wasmFolder: string): Promise<EngineReport> {
  const wasm = await createWasmEngine(wasmFolder);
  checkProduct(wasm);
  return { tensorflow: reportTensorflow(), wasm: { versions: wasm.versions } };
}

function reportTensorflow(): TensorflowReport {
  try {
    const engine = createTensorflowEngine();
    checkProduct(engine);
    return { usable: true, versions: engine.versions, folder: tensorflowFolder() };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { usable: false, reason: error.message };
  }
}

function checkProduct(engine: Engine): void {
  const a = { rows: 2, columns: 3, data: Float32Array.of(1, 2, 3, 4, 5, 6) };
  const found = [...engine.matMul(a, a, false, true).data];
  const expected = [14, 32, 32, 77];
  if (expected.every((value, i) => value === found[i])) return;
  throw new UserError(
    'engine-wrong',
    `The engine ${engine.name} multiplies matrices wrongly: ${found.join(', ')} instead of ${expected.join(', ')}.`,
    'Install it anew, or choose another engine.',
  );
}
