/** AVA runs .ts files as they are: Node strips the types. */
export default {
  extensions: { ts: "module" },
  files: ["**/*.test.ts", "!e2e/**", "!node_modules/**", "!build/**"],
  concurrency: 2,
  timeout: "2m",
  failFast: false,
  nodeArguments: ["--disable-warning=ExperimentalWarning"],
};
