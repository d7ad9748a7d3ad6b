import type { Checkpoint, ModelSpec } from '../checkpoint/checkpoint.ts';
import { inputLength, inputNames } from '../checkpoint/graph/inputLength.ts';
import { modelFile, type WrittenFormat } from '../checkpoint/fileNames.ts';
import { wordsOfLayer } from '../checkpoint/keras/textLayer.ts';
import { textDefaults } from '../recipe/defaults.ts';
import { snippets } from './snippets.ts';

type SnippetName = keyof typeof snippets;

/** That a card names; the rest it counts. */
export const mostLabels = 100;

/** How to load a model of a format and classify with it, as paragraphs of a model card. */
export function loadingLines(checkpoint: Checkpoint, format: WrittenFormat): string[] {
  const { spec, text } = checkpoint;
  const code = (language: string, source: string): string => `\`\`\`${language}\n${source}\`\`\``;
  const words = 'Save these lines as `words.py`. They split a text into words:';
  const parts: string[] = [];
  let readsText = true;
  switch (format) {
    case 'tfjs':
      parts.push(
        '**Node**, in this folder, with the package `@tensorflow/tfjs`:',
        code('js', answering(takingTexts('classifyTfjs.mjs', 'classifyTfjsTexts.mjs', spec), spec)),
        "**Browser**: the same lines with `fetch` in place of `readFileSync`, and `await tf.loadLayersModel('model.json')`, which reads the shards by itself.",
        '**Python**: export the model as `.keras`, which Keras loads.',
      );
      break;
    case 'keras':
    case 'h5':
      if (wordsOfLayer(checkpoint) !== undefined) {
        return [
          '**Python**, in this folder, with Keras. The model reads text by itself:',
          code(
            'python',
            answering(snippets['classify_text.py'], spec).replace('model.keras', modelFile[format]),
          ),
          ...lacking(checkpoint),
        ];
      }
      parts.push(
        `**Python**, in this folder, with Keras. ${words}`,
        code('python', snippets['words.py']),
        'And these classify:',
        code(
          'python',
          answering(takingTexts('classify_keras.py', 'classify_keras_texts.py', spec), spec).replace(
            'model.keras',
            modelFile[format],
          ),
        ),
        '**Node** and **browser**: export the model as tfjs.',
      );
      break;
    case 'safetensors':
      if (
        spec.body.kind === 'dan' &&
        spec.embedding.rank !== undefined &&
        spec.masked &&
        (spec.head === 'softmax' || spec.head === 'logits')
      ) {
        parts.push(
          `**Python**, in this folder, with numpy and \`decode.py\` of Embedding Press's \`docs/decoders\`. ${words}`,
          code('python', snippets['words.py']),
          'And these classify:',
          code('python', snippets['classify_dan.py']),
        );
      } else {
        readsText = false;
        parts.push(
          "**Python**: `decode.py` of Embedding Press's `docs/decoders` gives the tensors:",
          code('python', 'from decode import decode\nspec, weights = decode("model.safetensors")\n'),
        );
      }
      parts.push(
        "**Node** and **browser**: `decode.mjs` of Embedding Press's `docs/decoders` gives the tensors:",
        code(
          'js',
          "import { decode } from './decode.mjs';\nconst { spec, tensors } = decode(await (await fetch('model.safetensors')).arrayBuffer());\n",
        ),
      );
  }
  if (!readsText) return parts;
  const differing = (['tokenizer', 'lowercase', 'padding', 'truncation'] as const).filter(
    (name) => (text?.[name] ?? defaultOf[name]) !== defaultOf[name],
  );
  if (differing.length > 0) {
    parts.push(
      `The lines above split texts in the default way, and this model has another \`${differing.join('`, `')}\`: see its text settings, and change the lines.`,
    );
  }
  return [...parts, ...lacking(checkpoint)];
}

/** What the lines read and a model has come without, and how to give it. */
function lacking({ spec, labels, text, vocabulary }: Checkpoint): string[] {
  const parts: string[] = [];
  if (vocabulary === undefined) {
    parts.push(
      `No vocabulary came with this model: put \`vocabulary.txt\` beside it, with the word of each of the ${spec.embedding.rows} rows on a line, that of row 0 first.`,
    );
  }
  if (labels !== undefined && text !== undefined) return parts;
  const maxLength = inputLength(spec) ?? textDefaults.maxLength;
  const names = Array.from({ length: Math.min(spec.classes, mostLabels) }, (_, i) => `class ${i}`);
  const fields = {
    ...(text === undefined && { text: { ...textDefaults, maxLength } }),
    ...(labels === undefined && { labels: names }),
  };
  const lacks = Object.keys(fields).map((name) => `\`${name}\``);
  parts.push(
    `The lines above read ${lacks.join(' and ')} of \`press.json\`, which this model came without. Add there what it was trained with, in this form:`,
    `\`\`\`json\n${JSON.stringify(fields, undefined, 2)}\n\`\`\``,
  );
  return parts;
}

/** The lines for a model that takes one text, or those for several with as many as it takes. */
function takingTexts(one: SnippetName, several: SnippetName, spec: ModelSpec): string {
  const names = inputNames(spec);
  if (names === undefined) return snippets[one];
  return snippets[several].replace(/(["'])Text 1\..*?Text 2\.\1/, (_, quote: string) =>
    names.map((_name, i) => `${quote}Text ${i + 1}.${quote}`).join(', '),
  );
}

/** Lines that classify; those for a model of several labels a sentence print all that it gives. */
function answering(source: string, { head, logit }: ModelSpec): string {
  if (logit) return source.replace('scores[0] > 0.5', 'scores[0] > 0');
  if (head !== 'multi-label') return source;
  return source
    .replace(/^print\((.+?)\[int\(.*$/m, 'print([label for label, score in zip($1, scores) if score > 0.5])')
    .replace(/^console\.log\(.*\);$/m, 'console.log(labels.filter((_, i) => scores[i] > 0.5));');
}

const defaultOf = { ...textDefaults, truncation: 'right' } as const;
