/** The long rounds: repeated apply and delete, long kill series. */
export default {
  extensions: { ts: "module" },
  files: ["e2e/soak/**/*.test.ts"],
  concurrency: 1,
  serial: true,
  workerThreads: false,
  timeout: "60m",
  failFast: false,
  nodeArguments: ["--disable-warning=ExperimentalWarning"],
};
