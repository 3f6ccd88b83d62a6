const PREFIX = /^(?:error converting YAML to JSON: )?yaml: unmarshal errors:\n/;

/** The warnings that an error of strict decoding becomes under Warn: one for each line of what a YAML reader found. */
export function strictWarnings(error: string): readonly string[] {
  const lines = error.replace(PREFIX, "");
  return lines === error ? [error] : lines.split("\n").map((line) => line.trim());
}
