// The package's main file is UMD, which esbuild cannot bundle.
import { findNodeAtLocation, findNodeAtOffset, parseTree, type Node } from 'jsonc-parser/lib/esm/main.js';
import type { Place } from '../../core/errors.ts';

export type Path = (string | number)[];

/** A part of a text, in UTF-16 code units as VS Code counts them. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** A recipe's text as it is being written, with whatever is wrong in it. */
export class RecipeText {
  readonly root: Node | undefined;

  constructor(readonly text: string) {
    this.root = parseTree(text, [], { allowTrailingComma: true });
  }

  node(...path: Path): Node | undefined {
    return this.root && findNodeAtLocation(this.root, path);
  }

  string(...path: Path): string | undefined {
    const value: unknown = this.node(...path)?.value;
    return typeof value === 'string' ? value : undefined;
  }

  number(...path: Path): number | undefined {
    const value: unknown = this.node(...path)?.value;
    return typeof value === 'number' ? value : undefined;
  }

  /** The innermost value or field name at an offset. */
  at(offset: number): Node | undefined {
    return this.root && findNodeAtOffset(this.root, offset, true);
  }

  /**
   * What a place of an error is about: the value or the name that begins there, the braces of an object left out. A value
   * that is not there is missing from the one around it.
   */
  spanOf({ line, column, item = '' }: Place): Span {
    if (line === undefined) {
      for (const path = pathOf(item); path.length > 0; path.pop()) {
        const node = this.node(...path);
        if (node !== undefined) return spanOf(node);
      }
      return this.#start();
    }
    const offset = this.offsetOf(line, column ?? 1);
    const found = this.root && findNodeAtOffset(this.root, offset, false);
    return found?.offset === offset ? spanOf(found) : { offset, length: 1 };
  }

  /** @param line and column, from 1 */
  offsetOf(line: number, column: number): number {
    let start = 0;
    for (let i = 1; i < line; i++) {
      const end = this.text.indexOf('\n', start);
      if (end < 0) break;
      start = end + 1;
    }
    return Math.min(this.text.length, start + column - 1);
  }

  /** Line and character from 0, as VS Code counts them. */
  positionOf(offset: number): { readonly line: number; readonly character: number } {
    const lines = this.text.slice(0, offset).split('\n');
    return { line: lines.length - 1, character: (lines.at(-1) ?? '').length };
  }

  #start(): Span {
    return this.root ? spanOf(this.root) : { offset: 0, length: 0 };
  }
}

/** Of an object its opening brace alone: an error of a whole recipe does not underline all of it. */
function spanOf({ type, offset, length }: Node): Span {
  return { offset, length: type === 'object' ? 1 : length };
}

/** `compress.ranks[2]` as a path. */
function pathOf(item: string): Path {
  return [...item.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([name, index]) =>
    index === undefined ? name : Number(index),
  );
}
