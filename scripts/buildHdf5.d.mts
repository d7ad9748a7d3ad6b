import type { BuildOptions, BuildResult } from 'esbuild';

/** Bundles into a folder, if what is there is not newer than the source; undefined where nothing was to do. */
export function buildHdf5(folder: string, options?: BuildOptions): Promise<BuildResult | undefined>;
