import * as l10n from '@vscode/l10n';
import { textDefaults } from '../core/recipe/defaults.ts';
import type { TextSettings } from '../core/recipe/recipe.ts';
import { tokenize } from '../core/text/tokenizer.ts';
import type { PickItem } from './pickFile.ts';
import type { Questions } from './recipe/questions.ts';
import { unknownWordOf } from './unknownWord.ts';

/** What is known of a model beside which no text settings lie. */
export interface UnsettledModel {
  /** False: its padding counts as tokens, so that how sentences were padded matters. */
  readonly masked: boolean;
  /** Tokens of a sentence, where its input has a fixed length. */
  readonly inputLength: number | undefined;
  /** Undefined where the data hold rows of the table. */
  readonly vocabulary: readonly string[] | undefined;
  /** What the vocabulary's file says itself, where it is a tokenizer's. */
  readonly tokenizer?: Partial<TextSettings>;
}

/** Asks how the sentences that a model was trained with became tokens, as far as the model does not tell. */
export async function askText(questions: Questions, model: UnsettledModel): Promise<Partial<TextSettings>> {
  const { masked, vocabulary, tokenizer } = model;
  if (tokenizer?.tokenizer !== undefined) {
    const isSaid = masked || tokenizer.maxLength !== undefined;
    const length = model.inputLength ?? (isSaid ? undefined : await askLength(questions));
    return length === undefined ? {} : { maxLength: length };
  }
  const tokens: Partial<TextSettings> =
    vocabulary === undefined ? { tokenizer: 'ids' } : await askTokenizer(questions);
  const unknown = vocabulary && unknownWordOf(vocabulary);
  const maxLength = model.inputLength ?? (masked ? undefined : await askLength(questions));
  return {
    ...tokens,
    ...(maxLength !== undefined && { maxLength }),
    ...(!masked && { padding: await askPadding(questions) }),
    ...(unknown !== undefined && { outOfVocabularyToken: unknown }),
  };
}

const example = "It's GOOD: don't miss it!";

function askTokenizer(questions: Questions): Promise<Partial<TextSettings>> {
  const item = (label: string, tokenizer: 'words' | 'whitespace', lowercase: boolean) => {
    const value = { tokenizer, lowercase };
    const detail = tokenize(example, { ...textDefaults, ...value }).join('   ');
    return { label, detail, value } satisfies PickItem<Partial<TextSettings>>;
  };
  return questions.pick<Partial<TextSettings>>(
    [
      item(l10n.t('Words and Marks, in Lower Case'), 'words', true),
      item(l10n.t('Words and Marks, as They Are Written'), 'words', false),
      item(l10n.t('Split at White Space, in Lower Case'), 'whitespace', true),
      item(l10n.t('Split at White Space, as It Is Written'), 'whitespace', false),
    ],
    l10n.t('How were sentences split when the model was trained?'),
  );
}

async function askLength(questions: Questions): Promise<number> {
  const answer = await questions.input(
    l10n.t('To how many tokens were sentences padded or cut when the model was trained?'),
    String(textDefaults.maxLength),
    (text) => (/^[1-9]\d{0,4}$/.test(text.trim()) ? undefined : l10n.t('A whole number from 1 on.')),
  );
  return Number(answer);
}

function askPadding(questions: Questions): Promise<TextSettings['padding']> {
  return questions.pick<TextSettings['padding']>(
    [
      { label: l10n.t('Before the Words'), description: l10n.t("Keras's default"), value: 'left' },
      { label: l10n.t('After the Words'), value: 'right' },
    ],
    l10n.t('The model takes padding for tokens. Where was it when the model was trained?'),
  );
}
