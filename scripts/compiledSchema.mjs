import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';

/**
 * For esbuild: bundles hold the recipe's schema as the code that ajv makes of it, in the place of ajv, which takes 80 ms
 * to do so in each process of a run.
 */
export const compiledSchema = {
  name: 'compiled-schema',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]core[\\/]recipe[\\/]compileSchema\.ts$/ }, ({ path }) => {
      const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
      const options = read('../src/core/recipe/schemaOptions.json');
      const ajv = new Ajv({ ...options, code: { source: true, esm: true } });
      const code = standaloneCode(ajv, ajv.compile(read('../schemas/press.schema.json')));
      const contents = `${code}\nexport const compileSchema = () => validate;\n`;
      return { contents, loader: 'js', resolveDir: dirname(path) };
    });
  },
};
