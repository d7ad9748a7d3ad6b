import type { ErrorObject } from 'ajv';
import { distance } from 'fastest-levenshtein';
import { UserError, type Place } from '../errors.ts';
import { formatPath, type JsonDocument, type JsonPath } from './jsonDocument.ts';

type Schema = Readonly<Record<string, unknown>>;

/** A field or a value that is not known where it stands, and the known one that is likely meant. */
export class Misspelling extends UserError {
  constructor(
    code: string,
    message: string,
    readonly meant: string,
    place: Place,
  ) {
    super(code, message, `Did you mean "${meant}"?`, place);
  }
}

/**
 * What ajv found (options `allErrors` and `verbose`) as errors in words, each at its place in the text and in
 * the text's order. A missing field is left out where a misspelt one explains it.
 */
export function schemaErrors(found: readonly ErrorObject[], document: JsonDocument): UserError[] {
  const misspelt = new Set(
    found
      .filter((error) => error.keyword === 'additionalProperties')
      .map((error) => `${error.instancePath}/${nearestField(error) ?? ''}`),
  );
  return found
    .filter((error) => error.keyword !== 'if')
    .filter(
      (error) =>
        error.keyword !== 'required' ||
        !misspelt.has(`${error.instancePath}/${String(error.params.missingProperty)}`),
    )
    .map((error) => explain(error, document));
}

/** The candidate that is most likely meant, if any is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 2));
  const lower = word.toLowerCase();
  return candidates
    .map((candidate) => ({ candidate, edits: editsBetween(lower, candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= limit)
    .sort((a, b) => a.edits - b.edits)[0]?.candidate;
}

/** Letters in another order are one slip of the fingers, as "tvs" for "tsv". */
function editsBetween(word: string, candidate: string): number {
  const letters = (of: string): string => Array.from(of).sort().join('');
  return word !== candidate && letters(word) === letters(candidate) ? 1 : distance(word, candidate);
}

function explain(error: ErrorObject, document: JsonDocument): UserError {
  const path = document.pathOf(error.instancePath);
  const name = path.length === 0 ? 'The recipe' : formatPath(path);
  const params = error.params as Schema;
  const place = document.placeOf(path);
  const wrong = (message: string, hint: string) => new UserError('bad-value', message, hint, place);
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownField(error, path, document);
    case 'false schema':
      return uselessField(path, document);
    case 'required': {
      const missing = String(params.missingProperty);
      return new UserError('missing-field', `${name} needs the field "${missing}".`, `Add it.`, place);
    }
    case 'enum': {
      const allowed = (params.allowedValues as string[]).map((value) => JSON.stringify(value));
      const near =
        typeof error.data === 'string' ? nearest(error.data, params.allowedValues as string[]) : undefined;
      const message = `${name} must be ${either(allowed)}, found ${show(error.data)}.`;
      return near === undefined
        ? wrong(message, 'Choose one of these.')
        : new Misspelling('bad-value', message, near, place);
    }
    case 'type':
      return wrong(
        `${name} must be ${either([params.type].flat().map((type) => typeNames[String(type)] ?? ''))}, found ${show(error.data)}.`,
        'Change the value.',
      );
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return wrong(
        `${name} must be ${range(error.parentSchema ?? {})}, found ${show(error.data)}.`,
        'Change the value.',
      );
    case 'minLength':
      return wrong(`${name} must not be empty.`, 'Give a value or leave the field out.');
    case 'minItems':
    case 'maxItems':
      return wrong(
        `${name} must have ${error.keyword === 'minItems' ? 'at least' : 'at most'} ${Number(params.limit)} ` +
          `${params.limit === 1 ? 'item' : 'items'}, found ${(error.data as unknown[]).length}.`,
        'Change the list or leave the field out.',
      );
    case 'uniqueItems': {
      // ajv names the later of the two `i`.
      const [first, second] = [Number(params.j), Number(params.i)].sort((a, b) => a - b) as [number, number];
      const value = (error.data as unknown[])[second];
      return new UserError(
        'repeated-value',
        `${name} has ${show(value)} twice, at [${first}] and [${second}].`,
        'Remove one of them.',
        document.placeOf([...path, second]),
      );
    }
    default:
      throw new Error(`A schema keyword without words: ${error.keyword}`);
  }
}

function unknownField(error: ErrorObject, path: JsonPath, document: JsonDocument): UserError {
  const field = String((error.params as Schema).additionalProperty);
  const near = nearestField(error);
  const known = fieldsOf(error)
    .filter((candidate) => candidate !== '$schema')
    .map((candidate) => `"${candidate}"`);
  const message = `Unknown field "${field}"${path.length === 0 ? '' : ` in ${formatPath(path)}`}.`;
  const place = document.placeOfName(path, field);
  return near === undefined
    ? new UserError('unknown-field', message, `Known here: ${known.join(', ')}.`, place)
    : new Misspelling('unknown-field', message, near, place);
}

/** A field that another one's value rules out, as `units` of a DAN. */
function uselessField(path: JsonPath, document: JsonDocument): UserError {
  const object = path.slice(0, -1);
  const field = String(path.at(-1));
  let owner = document.value as Schema;
  for (const step of object) owner = owner[step] as Schema;
  const ruler = ['architecture', 'name', 'format', 'method'].find(
    (candidate) => typeof owner[candidate] === 'string',
  );
  const which = ruler === undefined ? '' : ` where ${ruler} is ${show(owner[ruler])}`;
  return new UserError(
    'useless-field',
    `${formatPath(path)} has no meaning${which}.`,
    'Remove it.',
    document.placeOfName(object, field),
  );
}

/** Without those that another field's value rules out. */
function fieldsOf({ parentSchema, data }: ErrorObject): string[] {
  const rules = (parentSchema?.allOf ?? []) as { readonly if: Schema; readonly then: Schema }[];
  const ruledOut = rules
    .filter((rule) => holds(rule.if, data as Schema))
    .flatMap((rule) => Object.entries(rule.then.properties as Schema))
    .flatMap(([field, schema]) => (schema === false ? field : []));
  const fields = Object.keys((parentSchema?.properties ?? {}) as Schema);
  return fields.filter((field) => !ruledOut.includes(field));
}

/** Whether an object meets a condition of constants; a field that it lacks does where it is not required. */
function holds(condition: Schema, object: Schema): boolean {
  const required = (condition.required ?? []) as string[];
  const constants = Object.entries((condition.properties ?? {}) as Record<string, Schema>);
  return (
    required.every((field) => field in object) &&
    constants.every(([field, { const: value }]) => !(field in object) || object[field] === value)
  );
}

function nearestField(error: ErrorObject): string | undefined {
  return nearest(String((error.params as Schema).additionalProperty), fieldsOf(error));
}

/** `above 0 and below 1`, from the bounds of a schema. */
function range(schema: Schema): string {
  const words = {
    minimum: 'at least',
    exclusiveMinimum: 'above',
    maximum: 'at most',
    exclusiveMaximum: 'below',
  };
  return Object.entries(words)
    .filter(([keyword]) => typeof schema[keyword] === 'number')
    .map(([keyword, word]) => `${word} ${Number(schema[keyword])}`)
    .join(' and ');
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function either(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}
