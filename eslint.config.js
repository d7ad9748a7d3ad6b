import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const forbid = (...patterns) => [
  'error',
  { patterns: patterns.map((p) => ({ regex: p.regex, message: p.message })) },
];
const noVscode = { regex: '^vscode$', message: "Only src/editor and src/extension.ts may import 'vscode'." };
const noOuterLayers = {
  regex: '(^|/)(editor|process|cli)/',
  message: 'src/core must not depend on the editor, the process or the CLI.',
};
const noProcess = {
  regex: '^node:(child_process|process|worker_threads|cluster)$',
  message: 'src/core starts no processes.',
};

export default tseslint.config(
  { ignores: ['dist/', 'out/', '.cache/', 'node_modules/', '**/.embedding-press/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './webview/tsconfig.json', './kernels/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
    },
  },
  {
    // AssemblyScript: its numbers have sizes, and a cast is a conversion.
    files: ['kernels/**/*.ts'],
    rules: {
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'angle-bracket' }],
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      '@typescript-eslint/no-unnecessary-type-arguments': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
  {
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-imports': forbid(noVscode, noOuterLayers, noProcess),
      'no-console': 'error',
      // Numeric loops index typed arrays within bounds that the loop itself states.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    // A damaged file can keep the HDF5 library busy for ever: it runs in a thread, which can be ended.
    files: ['src/core/checkpoint/keras/hdf5*.ts'],
    rules: { 'no-restricted-imports': forbid(noVscode, noOuterLayers) },
  },
  {
    files: ['src/process/**/*.ts'],
    rules: {
      'no-restricted-imports': forbid(noVscode, {
        regex: '(^|/)(editor|cli)/',
        message: 'The process does not know its callers.',
      }),
    },
  },
  {
    files: ['src/cli/**/*.ts'],
    rules: {
      'no-restricted-imports': forbid(noVscode, {
        regex: '(^|/)editor/',
        message: 'The CLI does not know the editor.',
      }),
    },
  },
  {
    files: ['scripts/**', '**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        fetch: 'readonly',
        performance: 'readonly',
        TextDecoder: 'readonly',
      },
    },
  },
);
