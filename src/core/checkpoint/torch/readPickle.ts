import { UserError } from '../../errors.ts';
import { PickledGlobal, type PickleValue } from './pickleValue.ts';
import { refusedOpcodes } from './refusedOpcodes.ts';
import { call, isAllowed, storageOf } from './torchGlobals.ts';

/**
 * Reads the pickle of a torch state dict: dicts, lists, tuples, numbers, strings and tensors. It is a reader of data:
 * an opcode or a global that is not among those that torch writes for these is refused, and nothing is ever executed.
 * The format: CPython's Lib/pickletools.py.
 *
 * @param file named in errors
 * @throws UserError `refused-opcode`, `refused-global` or `damaged-pickle`, with the offset.
 */
export function readPickle(bytes: Uint8Array, file: string): PickleValue {
  return new PickleReader(bytes, file).read();
}

class PickleReader {
  readonly #bytes: Buffer;
  readonly #file: string;
  readonly #memo = new Map<number, PickleValue>();
  readonly #marks: number[] = [];
  readonly #stack: PickleValue[] = [];
  /** Of the opcode. */
  #start = 0;
  #at = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#file = file;
  }

  read(): PickleValue {
    for (;;) {
      this.#start = this.#at;
      const code = this.#byte();
      if (code === 0x2e) return this.#pop();
      this.#step(code);
    }
  }

  #step(code: number): void {
    const value = this.#valueOf(code);
    if (value === undefined) this.#act(code);
    else this.#stack.push(value);
  }

  /** The value that an opcode pushes; undefined for one that pushes none. */
  #valueOf(code: number): PickleValue | undefined {
    switch (code) {
      case 0x4e: // NONE
        return null;
      case 0x88: // NEWTRUE
        return true;
      case 0x89: // NEWFALSE
        return false;
      case 0x4b: // BININT1
        return this.#byte();
      case 0x4d: // BININT2
        return this.#take(2).readUInt16LE();
      case 0x4a: // BININT
        return this.#take(4).readInt32LE();
      case 0x8a: // LONG1
        return this.#long();
      case 0x47: // BINFLOAT
        return this.#take(8).readDoubleBE();
      case 0x8c: // SHORT_BINUNICODE
        return this.#text(this.#byte());
      case 0x58: // BINUNICODE
        return this.#text(this.#take(4).readUInt32LE());
      case 0x8d: // BINUNICODE8
        return this.#text(Number(this.#take(8).readBigUInt64LE()));
      case 0x29: // EMPTY_TUPLE
      case 0x5d: // EMPTY_LIST
        return [];
      case 0x7d: // EMPTY_DICT
        return new Map();
      case 0x85: // TUPLE1
        return [this.#pop()];
      case 0x86: // TUPLE2
        return [this.#pop(), this.#pop()].reverse();
      case 0x87: // TUPLE3
        return [this.#pop(), this.#pop(), this.#pop()].reverse();
      case 0x74: // TUPLE
        return this.#sinceMark();
      case 0x68: // BINGET
        return this.#recall(this.#byte());
      case 0x6a: // LONG_BINGET
        return this.#recall(this.#take(4).readUInt32LE());
      case 0x63: // GLOBAL
        return this.#global(this.#line(), this.#line());
      case 0x93: {
        // STACK_GLOBAL
        const [name, module] = [this.#pop(), this.#pop()];
        if (typeof name !== 'string' || typeof module !== 'string')
          throw this.#damaged('a global has no name');
        return this.#global(module, name);
      }
      case 0x51: {
        // BINPERSID
        const storage = storageOf(this.#pop());
        if (storage === undefined) throw this.#damaged('a persistent id is no storage of known type');
        return storage;
      }
      case 0x52: // REDUCE
        return this.#reduce();
      default:
        return undefined;
    }
  }

  #act(code: number): void {
    switch (code) {
      case 0x80: {
        // PROTO
        const version = this.#byte();
        if (version > 5) throw this.#damaged(`its protocol is ${version}, where at most 5 is known`);
        break;
      }
      case 0x95: // FRAME
        this.#take(8);
        break;
      case 0x28: // MARK
        this.#marks.push(this.#stack.length);
        break;
      case 0x71: // BINPUT
        this.#memo.set(this.#byte(), this.#top());
        break;
      case 0x72: // LONG_BINPUT
        this.#memo.set(this.#take(4).readUInt32LE(), this.#top());
        break;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        break;
      case 0x61: // APPEND
        this.#append([this.#pop()]);
        break;
      case 0x65: // APPENDS
        this.#append(this.#sinceMark());
        break;
      case 0x73: // SETITEM
        this.#setItems([this.#pop(), this.#pop()].reverse());
        break;
      case 0x75: // SETITEMS
        this.#setItems(this.#sinceMark());
        break;
      case 0x62: // BUILD, of a state dict's attribute _metadata, which is not needed
        this.#pop();
        if (!(this.#top() instanceof Map)) throw this.#damaged('it builds what is no dict');
        break;
      default: {
        const name = refusedOpcodes[code] ?? `0x${code.toString(16).padStart(2, '0')}`;
        throw this.#refused('refused-opcode', `the opcode ${name}`);
      }
    }
  }

  #reduce(): PickleValue {
    const [given, callee] = [this.#pop(), this.#pop()];
    const value = call(callee, given);
    if (value !== undefined) return value;
    const name = callee instanceof PickledGlobal ? `'${callee.name}'` : 'what is no global';
    throw this.#damaged(`it calls ${name} with arguments that are none of its`);
  }

  #global(module: string, name: string): PickledGlobal {
    const path = `${module}.${name}`;
    if (!isAllowed(path)) throw this.#refused('refused-global', `the global '${path.slice(0, 200)}'`);
    return new PickledGlobal(path);
  }

  #append(items: readonly PickleValue[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw this.#damaged('it appends to what is no list');
    for (const item of items) list.push(item);
  }

  #setItems(items: readonly PickleValue[]): void {
    const dict = this.#top();
    if (!(dict instanceof Map) || items.length % 2 > 0)
      throw this.#damaged('it sets items of what is no dict');
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i]!;
      if (typeof key === 'string' && dict.has(key)) throw this.#damaged(`it has '${key}' twice`);
      dict.set(key, items[i + 1]!);
    }
  }

  /** LONG1: little-endian two's complement. */
  #long(): number {
    const bytes = this.#take(this.#byte());
    if (bytes.length === 0) return 0;
    if (bytes.length > 8) throw this.#damaged('an integer has more than 8 bytes');
    const value = BigInt.asIntN(
      8 * bytes.length,
      bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n),
    );
    // Seeds of random generators lie there too; a size that is rounded is refused as a size.
    return Number(value);
  }

  #text(length: number): string {
    return this.#take(length).toString('utf8');
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.#damaged('it ends early');
    const line = this.#take(end - this.#at).toString('utf8');
    this.#at++;
    return line;
  }

  #byte(): number {
    return this.#take(1)[0]!;
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw this.#damaged('it ends early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** What lies below the last mark is out of reach. */
  #floor(): number {
    return this.#marks.at(-1) ?? 0;
  }

  #top(): PickleValue {
    if (this.#stack.length <= this.#floor()) throw this.#damaged('its stack is empty');
    return this.#stack.at(-1)!;
  }

  #pop(): PickleValue {
    const top = this.#top();
    this.#stack.pop();
    return top;
  }

  #sinceMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.#damaged('a mark is missing');
    return this.#stack.splice(mark);
  }

  #recall(key: number): PickleValue {
    const value = this.#memo.get(key);
    if (value === undefined) throw this.#damaged(`it recalls ${key}, which it has not kept`);
    return value;
  }

  #refused(code: string, what: string): UserError {
    return new UserError(
      code,
      `The pickle has ${what} at byte ${this.#start}, which no state dict needs; nothing of it is executed.`,
      'Save the weights alone: torch.save(model.state_dict(), path).',
      { file: this.#file, item: 'data.pkl' },
    );
  }

  #damaged(fault: string): UserError {
    return new UserError(
      'damaged-pickle',
      `The pickle is damaged at byte ${this.#start}: ${fault}.`,
      'Save the model anew: torch.save(model.state_dict(), path).',
      { file: this.#file, item: 'data.pkl' },
    );
  }
}
