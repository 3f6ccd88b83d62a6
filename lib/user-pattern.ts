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
const CACHE_SIZE = 100;
/** The engine remembers the states that it met, up to 8 MiB for each pattern; after so many characters it is made anew. */
const MAX_WALKED = 16_384;

let compile: ((text: string) => RE2JS) | undefined;
const cache = new Map<string, UserPattern>();

/**
 * A regular expression that a user wrote, in RE2's syntax. Time to match is linear in the text, whatever the pattern: never hand such a
 * pattern to RegExp. The engine (5 MiB resident) is loaded with the first pattern.
 */
export class UserPattern {
  readonly #text: string;
  #engine: RE2JS | undefined;
  #walked = 0;

  private constructor(text: string, engine: RE2JS) {
    this.#text = text;
    this.#engine = engine;
  }

  /** @throws PatternError */
  static compile(text: string): UserPattern {
    const known = cache.get(text);
    if (known !== undefined) return known;
    const pattern = new UserPattern(text, compileEngine(text));
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
    const found = this.#loaded().test(text);
    this.#forget(text);
    return found;
  }

  /** The first match; undefined when there is none. */
  find(text: string): string | undefined {
    const matcher = this.#loaded().matcher(text);
    const found = matcher.find() ? (matcher.group() ?? "") : undefined;
    this.#forget(text);
    return found;
  }

  /** The matches that do not overlap. Each may have to look at all that is behind it: who asks for many pays for each. */
  *matches(text: string): IterableIterator<string> {
    const matcher = this.#loaded().matcher(text);
    this.#forget(text);
    let end = -1;
    while (matcher.find()) {
      // As in Go, an empty match right behind another one does not count.
      if (matcher.end() !== matcher.start() || matcher.start() !== end) yield matcher.group() ?? "";
      end = matcher.end();
    }
  }

  #loaded(): RE2JS {
    this.#engine ??= compileEngine(this.#text);
    return this.#engine;
  }

  #forget(text: string): void {
    this.#walked += text.length;
    if (this.#walked <= MAX_WALKED) return;
    this.#walked = 0;
    this.#engine = undefined;
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
