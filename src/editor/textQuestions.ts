import * as vscode from 'vscode';
import { CancelledError } from '../core/errors.ts';
import { textDefaults } from '../core/recipe/defaults.ts';
import type { TextSettings } from '../core/recipe/recipe.ts';
import { tokenize } from '../core/text/tokenizer.ts';
import { pick, type PickItem } from './pickFile.ts';
import { unknownWordOf } from './unknownWord.ts';

/** What is known of a model beside which no text settings lie. */
export interface UnsettledModel {
  /** False: its padding counts as tokens, so that how sentences were padded matters. */
  readonly masked: boolean;
  /** Tokens of a sentence, where its input has a fixed length. */
  readonly inputLength: number | undefined;
  /** Undefined where the data hold rows of the table. */
  readonly vocabulary: readonly string[] | undefined;
}

/**
 * Asks how the sentences that a model was trained with became tokens, as far as the model does not tell.
 * @throws CancelledError
 */
export async function askText(title: string, model: UnsettledModel): Promise<Partial<TextSettings>> {
  const { masked, vocabulary } = model;
  const tokens: Partial<TextSettings> =
    vocabulary === undefined ? { tokenizer: 'ids' } : await askTokenizer(title);
  const unknown = vocabulary && unknownWordOf(vocabulary);
  const maxLength = model.inputLength ?? (masked ? undefined : await askLength(title));
  return {
    ...tokens,
    ...(maxLength !== undefined && { maxLength }),
    ...(!masked && { padding: await askPadding(title) }),
    ...(unknown !== undefined && { outOfVocabularyToken: unknown }),
  };
}

const example = "It's GOOD: don't miss it!";

function askTokenizer(title: string): Promise<Partial<TextSettings>> {
  const item = (label: string, tokenizer: 'words' | 'whitespace', lowercase: boolean) => {
    const value = { tokenizer, lowercase };
    const detail = tokenize(example, { ...textDefaults, ...value }).join('   ');
    return { label, detail, value } satisfies PickItem<Partial<TextSettings>>;
  };
  return pick<Partial<TextSettings>>(
    [
      item('Words and Marks, in Lower Case', 'words', true),
      item('Words and Marks, as They Are Written', 'words', false),
      item('Split at White Space, in Lower Case', 'whitespace', true),
      item('Split at White Space, as It Is Written', 'whitespace', false),
    ],
    title,
    'How were sentences split when the model was trained?',
  );
}

async function askLength(title: string): Promise<number> {
  const answer = await vscode.window.showInputBox({
    title,
    prompt: 'To how many tokens were sentences padded or cut when the model was trained?',
    value: String(textDefaults.maxLength),
    ignoreFocusOut: true,
    validateInput: (text) => (/^[1-9]\d{0,4}$/.test(text.trim()) ? undefined : 'A whole number from 1 on.'),
  });
  if (answer === undefined) throw new CancelledError();
  return Number(answer);
}

function askPadding(title: string): Promise<TextSettings['padding']> {
  return pick<TextSettings['padding']>(
    [
      { label: 'Before the Words', description: "Keras's default", value: 'left' },
      { label: 'After the Words', value: 'right' },
    ],
    title,
    'The model takes padding for tokens. Where was it when the model was trained?',
  );
}
