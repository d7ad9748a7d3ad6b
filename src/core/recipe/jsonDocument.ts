// The package's main file is UMD, which esbuild cannot bundle.
import { getNodeValue, parseTree, type Node, type ParseError } from 'jsonc-parser/lib/esm/main.js';
import { UserError, type Place } from '../errors.ts';

export type JsonPath = readonly (string | number)[];

/** A JSON text (comments and trailing commas allowed) that knows where each of its values stands. */
export class JsonDocument {
  readonly value: unknown;
  readonly syntaxErrors: readonly UserError[];
  readonly #root: Node | undefined;

  constructor(
    readonly text: string,
    readonly file: string,
  ) {
    const errors: ParseError[] = [];
    this.#root = parseTree(text, errors, { allowTrailingComma: true });
    this.value = this.#root && (getNodeValue(this.#root) as unknown);
    this.syntaxErrors = [
      ...errors.map(({ error, offset }) => this.#syntaxError(error, offset)),
      ...(this.#root ? this.#repeatedFields(this.#root) : []),
    ];
  }

  /** The path of a JSON pointer, with positions in arrays as numbers. */
  pathOf(pointer: string): JsonPath {
    let node = this.#root;
    return pointer
      .split('/')
      .slice(1)
      .map((escaped) => {
        const name = escaped.replace(/~1/g, '/').replace(/~0/g, '~');
        const step = node?.type === 'array' ? Number(name) : name;
        node = node && child(node, step);
        return step;
      });
  }

  /** Where the value at a path stands, or the nearest one around it that is there. */
  placeOf(path: JsonPath): Place {
    let node = this.#root;
    for (const step of path) node = (node && child(node, step)) ?? node;
    return { ...this.#placeAt(node?.offset ?? 0), item: formatPath(path) };
  }

  /** Where the name of a field stands. */
  placeOfName(object: JsonPath, name: string): Place {
    let node = this.#root;
    for (const step of object) node = node && child(node, step);
    const property = node?.children?.find((candidate) => nameOf(candidate) === name);
    return { ...this.#placeAt(property?.offset ?? node?.offset ?? 0), item: formatPath([...object, name]) };
  }

  #placeAt(offset: number): Place {
    const before = this.text.slice(0, offset).split('\n');
    return { file: this.file, line: before.length, column: (before.at(-1) ?? '').length + 1 };
  }

  #syntaxError(code: number, offset: number): UserError {
    const what = syntaxMessages[code] ?? 'it cannot be read here';
    return new UserError(
      'bad-json',
      `The recipe is not valid JSON: ${what}.`,
      'Mend it at this place.',
      this.#placeAt(offset),
    );
  }

  *#repeatedFields(node: Node): Generator<UserError> {
    const seen = new Set<string>();
    for (const part of node.children ?? []) {
      if (part.type === 'property') {
        const name = nameOf(part);
        if (seen.has(name)) {
          yield new UserError(
            'repeated-field',
            `The field "${name}" is given twice.`,
            'Keep one of them.',
            this.#placeAt(part.offset),
          );
        }
        seen.add(name);
      }
      yield* this.#repeatedFields(part);
    }
  }
}

/** A path as one writes it, e.g. `compress.reductions[1]`. */
export function formatPath(path: JsonPath): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join('');
}

function child(node: Node, step: string | number): Node | undefined {
  if (typeof step === 'number') return node.type === 'array' ? node.children?.[step] : undefined;
  // The last of a name repeated is the one that counts.
  return node.children?.findLast((candidate) => nameOf(candidate) === step)?.children?.[1];
}

function nameOf(node: Node): string {
  return node.type === 'property' ? String(node.children?.[0]?.value) : '';
}

/** By jsonc-parser's ParseErrorCode, a const enum that bundlers cannot read. */
const syntaxMessages: Readonly<Record<number, string>> = {
  1: 'this is no word, number or mark of JSON',
  2: 'this is no number',
  3: 'a field name in double quotes is expected',
  4: 'a value is expected',
  5: 'a colon is expected',
  6: 'a comma is expected',
  7: 'a closing brace is expected',
  8: 'a closing bracket is expected',
  9: 'nothing may follow the closing brace',
  10: 'comments are not allowed here',
  11: 'a comment is not closed',
  12: 'a string is not closed',
  13: 'a number is not finished',
  14: 'this \\u escape is not four hexadecimal digits',
  15: 'this escape is unknown',
  16: 'this character must be escaped',
};
