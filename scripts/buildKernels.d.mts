/** What is compiled, by name. */
export const kernelFiles: readonly string[];

/** Compiles into a folder what is not newer there than the sources; gives the folder. */
export function buildKernels(folder: string): Promise<string>;
