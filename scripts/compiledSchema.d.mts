import type { Plugin } from 'esbuild';

/** Bundles hold the recipe's schema as the code that ajv makes of it, in the place of ajv. */
export const compiledSchema: Plugin;
