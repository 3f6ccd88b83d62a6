/** End-to-end tests: real processes in network namespaces of their own, one file after another. */
export default {
  extensions: { ts: "module" },
  files: ["e2e/tests/**/*.test.ts"],
  concurrency: 1,
  serial: true,
  workerThreads: false,
  timeout: "10m",
  failFast: false,
  nodeArguments: ["--disable-warning=ExperimentalWarning"],
};
