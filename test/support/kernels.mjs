/** Compiles the kernels and bundles the HDF5 library before the first test, where they are missing or old. */
import { buildHdf5 } from '../../scripts/buildHdf5.mjs';
import { buildKernels } from '../../scripts/buildKernels.mjs';

export async function mochaGlobalSetup() {
  await buildKernels('out/kernels');
  await buildHdf5('out/hdf5');
}
