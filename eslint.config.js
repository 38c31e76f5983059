import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

export default defineConfig(
  globalIgnores(['build/', 'build-cmake/', 'lib/', 'prebuilds/', 'site/', 'src/constants.ts']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: ['tsconfig.json', 'test/tsconfig.json'] } },
    rules: {
      // A template is how an error says what it got.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: true },
      ],
      // Indices below a length are checked by the loop, not by the compiler.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // `call` names the signature of what the addon gives: that is its one use.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // A public default keeps its type in the declaration files.
      '@typescript-eslint/no-inferrable-types': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      // What JavaScript gives is checked at run time, whatever the types promise.
      '@typescript-eslint/no-unnecessary-condition': 'off',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
      },
    },
  },
  {
    files: ['test/lifetimes/*.js'],
    languageOptions: {
      globals: {
        ...{
          clearTimeout: 'readonly',
          AbortController: 'readonly',
          AbortSignal: 'readonly',
          FinalizationRegistry: 'readonly',
          gc: 'readonly',
        },
        ...{ ReadableStream: 'readonly', Response: 'readonly', WeakRef: 'readonly', setImmediate: 'readonly' },
      },
    },
  },
  {
    files: ['packages/**/*.js'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { setImmediate: 'readonly' },
    },
  },
)
