/** Compiles into a folder, if what is there is not newer than the sources; gives the folder. */
export function buildKernels(folder: string): Promise<string>;
