import type { Random } from '../../src/core/random.ts';

/** What damaged and hostile files put where a number, or anything, is expected. */
const texts = [
  '-1',
  '0',
  '1',
  '3',
  '255',
  '65536',
  '2147483648',
  '9007199254740993',
  '1e308',
  '-0.5',
  'NaN',
  'null',
  'true',
  '""',
  '{}',
  '[]',
  '../../x',
  '\u0000',
  '[['.repeat(50_000),
];

/** A file with some bytes or a number changed, a stretch taken out or put in twice, or its end cut off. */
export function mutated(whole: Buffer, random: Random): Buffer {
  const file = Buffer.from(whole);
  if (file.length === 0) return Buffer.from([random.integer(256)]);
  const at = (): number => random.integer(file.length);
  const [from, to] = [at(), at()].sort((a, b) => a - b) as [number, number];
  switch (random.integer(7)) {
    case 0:
      return file.subarray(0, to);
    case 1:
      return Buffer.concat([file.subarray(0, from), file.subarray(to)]);
    case 2:
      return Buffer.concat([file.subarray(0, to), file.subarray(from)]);
    case 3:
      return withNumber(file, random);
    default:
      for (let count = 1 + random.integer(4); count > 0; count--) {
        const place = at();
        const bit = (file[place] ?? 0) ^ (1 << random.integer(8));
        const values = [0, 0xff, 0x7f, 0x80, 1, random.integer(256), bit];
        const end = place + 1 + random.integer(random.integer(8) + 1);
        file.fill(values[random.integer(values.length)]!, place, Math.min(file.length, end));
      }
      return file;
  }
}

/** Another number, or something else, in place of one that is written in digits. */
function withNumber(file: Buffer, random: Random): Buffer {
  const numbers = [...file.toString('latin1').matchAll(/\d+/g)];
  if (numbers.length === 0) return file.subarray(0, random.integer(file.length));
  const { 0: digits, index } = numbers[random.integer(numbers.length)]!;
  const text = texts[random.integer(texts.length)]!;
  return Buffer.concat([file.subarray(0, index), Buffer.from(text), file.subarray(index + digits.length)]);
}

/** A JSON text, of which one to three values, anywhere inside, are others, are gone, or are there twice. */
export function mutatedJson(text: string, random: Random): string {
  const root = { value: JSON.parse(text) as unknown };
  for (let count = 1 + random.integer(3); count > 0; count--) {
    const places = placesIn(root);
    const { parent, key } = places[random.integer(places.length)]!;
    if (parent === root) {
      root.value = structuredClone(values[random.integer(values.length)]);
      continue;
    }
    const other = places[random.integer(places.length)]!;
    const value = parent[key];
    switch (random.integer(5)) {
      case 0:
        if (Array.isArray(parent)) parent.splice(Number(key), 1);
        else Reflect.deleteProperty(parent, key);
        break;
      case 1:
        if (Array.isArray(parent)) parent.push(value);
        else parent[`${key}2`] = value;
        break;
      case 2:
        parent[key] = structuredClone(other.parent[other.key]);
        break;
      default:
        parent[key] = structuredClone(values[random.integer(values.length)]);
    }
  }
  return JSON.stringify(root.value).replaceAll(`"${deepMark}"`, deep);
}

const deepMark = 'nested without end';
const depth = 100_000;
const deep = '['.repeat(depth) + ']'.repeat(depth);
const values: readonly unknown[] = [
  ...[-1, 0, 1, 2, 3, 0.5, 255, 2 ** 20, 2 ** 24, 2 ** 31, 2 ** 40, 2 ** 53, 1e308, 1e-320],
  ...[null, true, false, '', '__proto__', '../../x', '\u0000', 'relu', 'a'.repeat(70_000), deepMark],
  [],
  {},
  [[]],
  [null],
  [0, -1],
  [2 ** 31, 2 ** 31],
];

interface Place {
  readonly parent: Record<string, unknown>;
  readonly key: string;
}

function placesIn(root: object): Place[] {
  const places: Place[] = [];
  const stack: unknown[] = [root];
  while (stack.length > 0) {
    const parent = stack.pop() as Record<string, unknown>;
    for (const [key, value] of Object.entries(parent)) {
      places.push({ parent, key });
      if (typeof value === 'object' && value !== null) stack.push(value);
    }
  }
  return places;
}
