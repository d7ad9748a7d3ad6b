import type { ValidateFunction } from 'ajv';
import { createRequire } from 'node:module';
import schema from '../../../schemas/press.schema.json' with { type: 'json' };
import type { RawRecipe } from './rawRecipe.ts';
import schemaOptions from './schemaOptions.json' with { type: 'json' };

/**
 * Of sources that run as they are, in tests; a bundle has the code that this comes to: scripts/compiledSchema.mjs. The
 * schema's words for the editor are no keywords of ajv's.
 */
export function compileSchema(): ValidateFunction<RawRecipe> {
  const { Ajv } = createRequire(import.meta.url)('ajv') as typeof import('ajv');
  return new Ajv(schemaOptions).compile(schema);
}
