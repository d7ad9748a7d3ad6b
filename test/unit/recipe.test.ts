import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { optimizerDefaults, scheduleDefaults } from '../../src/core/recipe/defaults.ts';
import { formatRecipe } from '../../src/core/recipe/formatRecipe.ts';
import type { RawRecipe } from '../../src/core/recipe/rawRecipe.ts';
import { parseRecipe } from '../../src/core/recipe/readRecipe.ts';
import { validateRecipe } from '../../src/core/recipe/validateRecipe.ts';

type Json = Readonly<Record<string, unknown>>;
const schema = JSON.parse(readFileSync('schemas/press.schema.json', 'utf8')) as Json;

const source = { path: 'train.tsv', format: 'tsv' } as const;
const path = '/home/ann/recipes/spam.press.json';
const parse = (raw: unknown) => parseRecipe(JSON.stringify(raw), path);

describe('recipe', () => {
  it('resolves paths against its folder, also those that lead out of it', () => {
    const recipe = parse({
      model: '../models/spam/model.json',
      vocabulary: 'words.txt',
      data: {
        train: { ...source, path: '../../data/train.tsv' },
        test: { ...source, path: '/data/test.tsv' },
      },
      output: 'out',
    });
    assert.equal(recipe.name, 'spam');
    assert.equal(recipe.path, path);
    assert.equal(recipe.model, '/home/ann/models/spam/model.json');
    assert.deepEqual(recipe.vocabulary, { path: '/home/ann/recipes/words.txt' });
    assert.equal(recipe.data.train.path, '/home/data/train.tsv');
    assert.ok(recipe.data.test && 'path' in recipe.data.test);
    assert.equal(recipe.data.test.path, '/data/test.tsv');
    assert.equal(recipe.output, '/home/ann/recipes/out');
  });

  it('leaves a loaded model its own text settings and vocabulary', () => {
    const recipe = parse({ model: 'm', data: { train: source } });
    assert.ok(!('text' in recipe) && !('vocabulary' in recipe) && !('train' in recipe));
  });

  it('gives a model to train text settings and the training vocabulary', () => {
    const recipe = parse({ train: { architecture: 'dan' }, data: { train: source } });
    assert.equal(recipe.vocabulary, 'training');
    assert.equal(recipe.text?.tokenizer, 'words');
  });

  it('searches among a set of its own, or among the methods that it is given', () => {
    const search = (more: object) =>
      parse({ model: 'm', data: { train: source }, compress: { method: 'auto', minutes: 2, ...more } });
    const given = search({ loseAtMost: 0.01, among: { method: 'fixed-point', bits: [4] } });
    assert.deepEqual(given.search, { minutes: 2, loseAtMost: 0.01 });
    assert.deepEqual(
      given.compress.map(({ method }) => method),
      ['fixed-point'],
    );
    const own = search({ bytesAtMost: 1000 });
    assert.deepEqual(own.search, { minutes: 2, bytesAtMost: 1000 });
    assert.ok(own.compress.length > 1);
    assert.ok(!('search' in parse({ model: 'm', data: { train: source }, compress: {} })));
  });

  it('takes lists and single values, names and settings', () => {
    const recipe = parse({
      train: {
        architecture: 'lstm',
        hidden: 50,
        optimizer: 'adagrad',
        schedule: { name: 'constant', rate: 0.01 },
      },
      data: { train: source },
      compress: { metric: 'spectrum', ranks: [4] },
      retrain: { optimizer: { name: 'adam', epsilon: 0.01 }, schedule: { name: 'calr', stepSize: 'paper' } },
    });
    assert.deepEqual(recipe.train?.body, {
      kind: 'lstm',
      units: 128,
      pooling: 'mean',
      peepholes: false,
      hidden: [50],
    });
    assert.equal(recipe.train.optimizer.name, 'adagrad');
    assert.deepEqual(recipe.train.schedule, { name: 'constant', rate: 0.01 });
    const [entry] = recipe.compress;
    assert.ok(entry?.method === 'low-rank');
    assert.deepEqual(entry.metrics, ['spectrum']);
    assert.deepEqual(recipe.retrain.optimizer, { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 0.01 });
    const { schedule } = recipe.retrain;
    assert.ok(schedule.name === 'calr');
    assert.equal(schedule.stepSize, 'paper');
  });

  it('tries the default reductions only where there are no ranks', () => {
    const reductions = (raw: Json): readonly number[] => {
      const [entry] = parse({ model: 'm', data: { train: source }, compress: raw }).compress;
      assert.ok(entry?.method === 'low-rank');
      return entry.reductions;
    };
    assert.deepEqual(reductions({}), [0.5, 0.7, 0.9, 0.95, 0.98]);
    assert.deepEqual(reductions({ ranks: [] }), [0.5, 0.7, 0.9, 0.95, 0.98]);
    assert.deepEqual(reductions({ ranks: [4] }), []);
    assert.deepEqual(reductions({ ranks: [4], reductions: [0.9] }), [0.9]);
  });

  it('anneals over 5 epochs in training and 3 in retraining, as the authors do', () => {
    const { train, retrain } = parse({
      train: { architecture: 'dan', schedule: 'calr' },
      data: { train: source },
    });
    assert.ok(train?.schedule.name === 'calr' && retrain.schedule.name === 'calr');
    assert.equal(train.schedule.decayEpochs, 5);
    assert.equal(retrain.schedule.decayEpochs, 3);
  });

  it('survives being formatted', () => {
    const raw: RawRecipe = {
      data: { train: source, validation: { fraction: 0.2 } },
      model: 'a "quoted" [path], {braces}',
      labels: ['ham', 'spam'],
      compress: { metric: ['task', 'spectrum'], reductions: [0.9, 0.95] },
    };
    const text = formatRecipe(raw);
    assert.deepEqual(JSON.parse(text), raw);
    assert.deepEqual(validateRecipe(text, path), []);
    assert.match(text, /\n {4}"reductions": \[0\.9, 0\.95\]\n/);
    assert.ok(text.indexOf('"model"') < text.indexOf('"data"'), 'fields are in the usual order');
    assert.ok(text.endsWith('}\n'));
  });
});

describe('recipe schema', () => {
  // Each of these recipes, spelt out with every default of the schema, must mean what it means bare.
  const bare: readonly Json[] = [
    { train: { architecture: 'dan', embedding: {} }, text: {}, data: { train: source }, retrain: {} },
    ...['lstm', 'bilstm', 'gru', 'cnn'].map((architecture) => ({
      train: { architecture, embedding: {} },
      data: { train: source },
    })),
    { model: 'm', data: { train: source, test: { path: 'x', format: 'jsonl' } }, compress: {} },
    {
      model: 'm',
      data: { train: { path: 'x', format: 'label-text' } },
      compress: { ranks: [3], reductions: [] },
    },
    ...Object.keys(optimizerDefaults).map((name) => ({
      model: 'm',
      data: { train: source },
      retrain: { optimizer: { name } },
    })),
    ...Object.keys(scheduleDefaults).map((name) => ({
      model: 'm',
      data: { train: source },
      retrain: { schedule: { name } },
    })),
  ];
  for (const recipe of bare) {
    it(`has the defaults of ${JSON.stringify(recipe)}`, () => {
      const full = fillIn(recipe, schema) as Json;
      if ('model' in full) delete (full as { vocabulary?: unknown }).vocabulary;
      assert.notDeepEqual(full, recipe);
      assert.deepEqual(parse(full), parse(recipe));
    });
  }

  it('accepts its own examples and defaults', () => {
    const train = { architecture: 'lstm' };
    const model = 'm';
    const place: Readonly<Record<string, (value: unknown) => Json>> = {
      optimizer: (value) => ({ model, data: { train: source }, retrain: { optimizer: value } }),
      schedule: (value) => ({ model, data: { train: source }, retrain: { schedule: value } }),
      metric: (value) => ({ model, data: { train: source }, compress: { metric: value } }),
      reductions: (value) => ({ model, data: { train: source }, compress: { reductions: value } }),
      ranks: (value) => ({ model, data: { train: source }, compress: { ranks: value, reductions: [0.9] } }),
      seeds: (value) => ({ model, data: { train: source }, retrain: { seeds: value } }),
      hidden: (value) => ({ train: { ...train, hidden: value }, data: { train: source } }),
      stepSize: (value) => ({
        model,
        data: { train: source },
        retrain: { schedule: { name: 'calr', stepSize: value } },
      }),
    };
    const tried = new Set<string>();
    walk(schema, (name, field) => {
      const part = resolveRef(field);
      for (const value of [
        ...((part.examples ?? []) as unknown[]),
        ...('default' in part ? [part.default] : []),
      ]) {
        const recipe = place[name]?.(value);
        if (recipe === undefined) continue;
        assert.deepEqual(
          validateRecipe(JSON.stringify(recipe), path),
          [],
          `${name} ${JSON.stringify(value)}`,
        );
        tried.add(name);
      }
    });
    assert.deepEqual([...tried].sort(), Object.keys(place).sort());
  });

  it('describes every field and closes every object', () => {
    walk(schema, (name, part) => {
      assert.equal(typeof resolveRef(part).description, 'string', name);
    });
    const open: string[] = [];
    eachObject(schema, (part) => {
      // An object of fields is closed itself or by the branches that it leads to.
      if (part.type === 'object' && part.additionalProperties !== false && part.else === undefined) {
        open.push(JSON.stringify(part).slice(0, 80));
      }
    });
    assert.deepEqual(open, []);
  });
});

describe('documentation of recipes', () => {
  const text = readFileSync('docs/recipe.md', 'utf8');

  it('has examples that are right', () => {
    const examples = [...text.matchAll(/```json\n(.*?)```/gs)].map((match) => match[1] ?? '');
    assert.ok(examples.length >= 3);
    for (const example of examples) assert.deepEqual(validateRecipe(example, path), []);
  });

  it('names every field of the schema', () => {
    walk(schema, (name) => {
      assert.ok(
        text.includes(`\`${name}\``) || text.includes(`.${name}\``) || text.includes(`"${name}"`),
        name,
      );
    });
  });
});

/** The schema that a value is under: references followed, the branches that hold merged. */
function effective(part: Json, value: unknown): Json {
  const base = resolveRef(part);
  const branches = [base, ...((base.allOf ?? []) as Json[])].flatMap((candidate) => {
    if (candidate.if === undefined) return [];
    const branch = (holds(candidate.if as Json, value) ? candidate.then : candidate.else) as Json | undefined;
    return branch === undefined ? [] : [effective(branch, value)];
  });
  const properties: Record<string, unknown> = { ...(base.properties as Json | undefined) };
  for (const branch of branches) {
    for (const [name, field] of Object.entries((branch.properties ?? {}) as Json)) {
      properties[name] = typeof field === 'object' ? { ...(properties[name] as Json), ...field } : field;
    }
  }
  return { ...base, properties };
}

function holds(condition: Json, value: unknown): boolean {
  if (condition.type !== undefined) return typeof value === condition.type;
  const object = value as Json;
  return (
    ((condition.required ?? []) as string[]).every((name) => name in object) &&
    Object.entries((condition.properties ?? {}) as Json).every(
      ([name, field]) => !(name in object) || object[name] === (field as Json).const,
    )
  );
}

/** The value with each default of the schema written out, in the objects that it has. */
function fillIn(value: unknown, part: Json): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { properties } = effective(part, value);
  const full: Record<string, unknown> = { ...value };
  for (const [name, field] of Object.entries(properties as Record<string, Json | false>)) {
    if (field === false) continue;
    const resolved = resolveRef(field);
    if (name in full) full[name] = fillIn(full[name], resolved);
    else if ('default' in resolved) full[name] = resolved.default;
  }
  return full;
}

function resolveRef(part: Json): Json {
  if (typeof part.$ref !== 'string') return part;
  const target = (schema.definitions as Json)[part.$ref.replace('#/definitions/', '')] as Json;
  return { ...resolveRef(target), ...part, $ref: undefined };
}

/** Visits every named field of the schema that says more than that it is there. */
function walk(part: Json, visit: (name: string, field: Json) => void): void {
  eachObject(part, (object) => {
    if (typeof object.properties !== 'object' || 'const' in object) return;
    for (const [name, field] of Object.entries(object.properties as Record<string, Json | false>)) {
      const fragment = field === false || 'const' in field || Object.keys(field).join() === 'default';
      if (!fragment) visit(name, field);
    }
  });
}

function eachObject(part: unknown, visit: (object: Json) => void): void {
  if (typeof part !== 'object' || part === null) return;
  if (!Array.isArray(part)) visit(part as Json);
  for (const inner of Object.values(part)) eachObject(inner, visit);
}
