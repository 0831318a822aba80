import effect from "@effect/eslint-plugin"
import sortImports from "eslint-plugin-simple-import-sort"
import tseslint from "typescript-eslint"
import houseImports from "./eslint-rules/house-imports.js"

export default tseslint.config(
  { ignores: ["dist/", "dist.*/", "node_modules/", "docs/", "coverage/", "tmp/", "**/.*/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  tseslint.configs.recommended,
  {
    plugins: {
      "@effect": effect,
      house: { rules: { imports: houseImports } },
      "simple-import-sort": sortImports
    },
    rules: {
      "house/imports": "error",
      "@effect/dprint": ["error", {
        config: {
          indentWidth: 2,
          lineWidth: 120,
          semiColons: "asi",
          quoteStyle: "alwaysDouble",
          trailingCommas: "never",
          operatorPosition: "maintain",
          "arrowFunction.useParentheses": "force",
          // The order of imports is the business of one rule only.
          "module.sortImportDeclarations": "maintain"
        }
      }],
      "simple-import-sort/imports": ["error", { groups: [["^\\u0000", "^@?\\w", "^#", "^\\."]] }],
      eqeqeq: "error",
      "max-lines": ["error", 500],
      "object-shorthand": "error",
      "prefer-const": ["error", { destructuring: "all" }],
      "@typescript-eslint/array-type": ["error", { default: "generic", readonly: "generic" }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-empty-object-type": ["error", { allowInterfaces: "with-single-extends" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // Variance of generic Schemas and codecs has no other name.
      "@typescript-eslint/no-explicit-any": "off"
    }
  },
  {
    files: ["src/**", "services/**", "layers/**"],
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "process", property: "env", message: "Take settings from Config or an argument." },
        { object: "Date", property: "now", message: "Take the time from Clock." },
        { object: "Math", property: "random", message: "Take randomness from Random." }
      ],
      "no-restricted-globals": [
        "error",
        ...["setTimeout", "setInterval", "setImmediate"].map((name) => ({ name, message: "Wait with Effect." }))
      ]
    }
  }
)
