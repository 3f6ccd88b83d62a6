import { createRequire } from "node:module";
import type { RE2JS } from "re2js";

/** The pattern is none of RE2's; the message is Go's: `error parsing regexp: missing closing ): ...`. */
export class PatternError extends Error {
  override readonly name = "PatternError";
}

/** The largest pattern that is looked at: it alone fills a request. */
const MAX_PATTERN_LENGTH = 1 << 20;
/** More instructions than that make a match of a long text take seconds. Go's own bound on repetitions keeps real patterns far below. */
const MAX_PROGRAM_SIZE = 50_000;
/** Compiled patterns that are kept: expressions build the same ones again and again. */
const CACHE_SIZE = 200;

let compile: ((text: string) => RE2JS) | undefined;
const cache = new Map<string, UserPattern>();

/**
 * A regular expression that a user wrote, in RE2's syntax. Time to match is linear in the text, whatever the pattern: never hand such a
 * pattern to RegExp. The engine (5 MiB resident) is loaded with the first pattern.
 */
export class UserPattern {
  readonly #engine: RE2JS;

  private constructor(engine: RE2JS) {
    this.#engine = engine;
  }

  /** @throws PatternError */
  static compile(text: string): UserPattern {
    const known = cache.get(text);
    if (known !== undefined) return known;
    const pattern = new UserPattern(compileEngine(text));
    if (cache.size >= CACHE_SIZE) {
      for (const oldest of cache.keys()) {
        cache.delete(oldest);
        break;
      }
    }
    cache.set(text, pattern);
    return pattern;
  }

  /** The text contains a match. */
  test(text: string): boolean {
    return this.#engine.test(text);
  }

  /** The first match; undefined when there is none. */
  find(text: string): string | undefined {
    const matcher = this.#engine.matcher(text);
    return matcher.find() ? (matcher.group() ?? "") : undefined;
  }

  /** The matches that do not overlap. Each may have to look at all that is behind it: who asks for many pays for each. */
  *matches(text: string): IterableIterator<string> {
    const matcher = this.#engine.matcher(text);
    let end = -1;
    while (matcher.find()) {
      // As in Go, an empty match right behind another one does not count.
      if (matcher.end() !== matcher.start() || matcher.start() !== end) yield matcher.group() ?? "";
      end = matcher.end();
    }
  }
}

function compileEngine(text: string): RE2JS {
  if (text.length > MAX_PATTERN_LENGTH) throw new PatternError("error parsing regexp: expression too large");
  let engine: RE2JS;
  try {
    compile ??= loadEngine();
    engine = compile(text);
  } catch (error) {
    throw new PatternError(error instanceof Error ? error.message : String(error));
  }
  if (engine.programSize() > MAX_PROGRAM_SIZE) throw new PatternError(`error parsing regexp: expression too large: \`${text.slice(0, 100)}\``);
  return engine;
}

function loadEngine(): (text: string) => RE2JS {
  const engine = createRequire(import.meta.url)("re2js") as { RE2JS: { compile(text: string): RE2JS } };
  return (text) => engine.RE2JS.compile(text);
}
