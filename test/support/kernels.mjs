/** Compiles the kernels and bundles the HDF5 library before any test file is read, where they are missing or old. */
import { buildHdf5 } from '../../scripts/buildHdf5.mjs';
import { buildKernels } from '../../scripts/buildKernels.mjs';

await buildKernels('out/kernels');
await buildHdf5('out/hdf5');
