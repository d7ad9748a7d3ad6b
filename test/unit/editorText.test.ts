import assert from 'node:assert/strict';
import { formatRecipe } from '../../src/core/recipe/formatRecipe.ts';
import { parseRecipe } from '../../src/core/recipe/readRecipe.ts';
import { inputLengthOf } from '../../src/editor/inputLength.ts';
import { recipeFromAnswers } from '../../src/editor/recipeFromAnswers.ts';
import { unknownWordOf } from '../../src/editor/unknownWord.ts';

describe('what a model without settings tells of its text', () => {
  const withShape = (shape: unknown) => ({
    modelTopology: { model_config: { config: { layers: [{ config: shape }] } } },
    weightsManifest: [],
  });

  it('is the length that its input has, if it has one', () => {
    assert.equal(inputLengthOf(withShape({ batch_input_shape: [null, 40] })), 40);
    assert.equal(inputLengthOf(withShape({ batch_shape: [null, 40] })), 40, 'as Keras 3 writes it');
    assert.equal(inputLengthOf(withShape({ batch_input_shape: [null, null] })), undefined);
    assert.equal(inputLengthOf(withShape({ batch_input_shape: [null, 40, 3] })), undefined);
    assert.equal(inputLengthOf({}), undefined);
  });

  it('is the word that stands for those that the vocabulary lacks', () => {
    assert.equal(unknownWordOf(['<PAD>', '<OOV>', 'the']), '<OOV>');
    assert.equal(unknownWordOf(['', 'the', 'unknown']), undefined);
  });

  it('comes into the recipe', () => {
    const raw = recipeFromAnswers(
      {
        model: '/ws/m/model.json',
        train: { path: '/ws/t.txt', format: 'label-text', encoding: 'utf-8' },
        compress: { reductions: [0.9] },
        text: { tokenizer: 'whitespace', lowercase: false, padding: 'left', maxLength: 40 },
      },
      '/ws',
    );
    const { text } = parseRecipe(formatRecipe(raw), '/ws/m.press.json');
    assert.deepEqual(
      [text?.tokenizer, text?.lowercase, text?.padding, text?.maxLength],
      ['whitespace', false, 'left', 40],
    );
  });
});
