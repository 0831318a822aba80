import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Some tests set a real shell, terminal or process against a machine that has others to serve. In CI one that fails is
    // run once more, and is told as "(retry x1)": what fails twice is broken.
    retry: process.env["CI"] === undefined ? 0 : 1,
    pool: "forks",
    poolOptions: { forks: { maxForks: 2 } }
  }
})
