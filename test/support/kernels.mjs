/** Compiles the kernels before the first test, where they are missing or old. */
import { buildKernels } from '../../scripts/buildKernels.mjs';

export async function mochaGlobalSetup() {
  await buildKernels('out/kernels');
}
