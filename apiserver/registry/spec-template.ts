import { encodeFieldQuickly, type KnownField, type KnownMember } from "../../api/codec/json.ts";
import { cloneJson } from "../../api/patch/json-value.ts";
import type { ApiObject } from "../../api/wire.ts";
import type { AdmissionChain, AdmissionRequest, ChosenName } from "../admission/admission.ts";
import { deepFreeze } from "./cached-object.ts";
import type { ServedKind } from "./served-kind.ts";

/** Longer texts are not kept. */
const MAX_TEXT_CHARS = 8 << 10;
/** Texts of one generation (what is kept beside a text is some twenty times as large); the older one goes when the younger is full. */
const MAX_GENERATION_CHARS = 128 << 10;

type WithSpec = ApiObject & { spec?: unknown };

/** Where in a value a text stands: members (also of lists) that are it or hold it. */
type Places = ReadonlyMap<string, Places | true>;

/** What became of a spec: as it was stored, but for the name that admission chose. */
interface Made {
  /** What the plugins that change objects went by besides the spec. */
  readonly stamps: readonly unknown[];
  /** Frozen, but for what must be copied to put in another name. */
  readonly spec: object;
  readonly chosen: ChosenName | undefined;
  readonly places: Places;
  /** The stored JSON, cut at the chosen name. */
  readonly text: readonly string[];
}

/** What is known of a spec of some text. */
interface Known {
  readonly text: string;
  /** Decoded and defaulted, frozen; shared by all objects that came with this text. */
  readonly spec: object;
  made?: Made;
}

/**
 * What was found out about specs by the text that they came as: what it decodes to, and what admission, preparation and validation made of that, and how the
 * result is written. Objects made of one template come with one text, so this is done once for all of them, and again when something else changes that
 * admission goes by. Bounded: two generations.
 */
export class SpecTemplates {
  /** null: the text was met, and nothing more is known. */
  #young = new Map<string, Known | null>();
  #old = new Map<string, Known | null>();
  #chars = 0;

  /** For one request to create an object of the kind; undefined where nothing can be remembered. */
  of(kind: ServedKind): SpecTemplate | undefined {
    if (kind.entry.strategy.alike === undefined || kind.definition === undefined || kind.stored !== kind) return undefined;
    return new SpecTemplate(this, kind);
  }

  /** null: it was met before, and nothing more is known; undefined: it is new. */
  find(text: string): Known | null | undefined {
    const young = this.#young.get(text);
    if (young !== undefined) return young;
    const older = this.#old.get(text);
    if (older !== undefined) this.keep(text, older);
    return older;
  }

  /** `known` null: the text was met. */
  keep(text: string, known: Known | null): void {
    if (!this.#young.has(text)) this.#chars += text.length;
    if (this.#chars > MAX_GENERATION_CHARS) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#chars = text.length;
    }
    // A copy: a part of a body would keep all of it in memory.
    this.#young.set(known?.text ?? Buffer.from(text).toString(), known);
  }
}

/** The spec of one new object, as far as it is known from those before it. */
export class SpecTemplate implements KnownMember {
  readonly name = "spec";
  readonly #templates: SpecTemplates;
  readonly #kind: ServedKind;
  /** In the body; undefined where it is not worth to be remembered. */
  #text: string | undefined;
  #known: Known | undefined;
  #stamps: readonly unknown[] | undefined;
  /** What the object has its spec from. */
  #made: Made | undefined;

  constructor(templates: SpecTemplates, kind: ServedKind) {
    this.#templates = templates;
    this.#kind = kind;
  }

  /** Called with the text of the body's spec; what it decodes to, where that is known. */
  find(text: string): object | undefined {
    if (text.length > MAX_TEXT_CHARS) return undefined;
    const key = `${this.#kind.entry.plural}${text}`;
    const found = this.#templates.find(key);
    if (found === undefined) {
      this.#templates.keep(key, null);
      return undefined;
    }
    this.#text = key;
    this.#known = found ?? undefined;
    return found?.spec;
  }

  forget(): void {
    this.#text = undefined;
    this.#known = undefined;
  }

  /** Defaults of the decoded object. */
  applyDefaults(object: WithSpec): void {
    const { strategy } = this.#kind.entry;
    if (this.#shares(object)) return strategy.alike?.applyDefaults(object);
    this.#known = undefined;
    strategy.applyDefaults?.(object);
    if (this.#text === undefined || typeof object.spec !== "object" || object.spec === null) return;
    const text = Buffer.from(this.#text).toString();
    this.#known = { text, spec: deepFreeze(cloneJson(object.spec)) };
    this.#templates.keep(text, this.#known);
  }

  /** The object has the very spec that all of its template share: it must not be changed. */
  #shares(object: WithSpec): boolean {
    return this.#known !== undefined && object.spec === this.#known.spec;
  }

  /** A copy for another attempt to make the object. */
  copyOf(object: WithSpec): ApiObject {
    if (!this.#shares(object)) return cloneJson(object);
    const { spec, ...rest } = object;
    return { ...cloneJson(rest), spec } as WithSpec;
  }

  /** Before admission: gives the object the spec that admission and preparation made of the same one before. False: they must be asked, and the spec is the object's own. */
  reuse(object: WithSpec, admission: AdmissionRequest, chain: AdmissionChain): boolean {
    this.#stamps = this.#known !== undefined && this.#kind.entry.strategy.alike?.isSpecApart(object) ? chain.stamps(admission) : undefined;
    this.#made = undefined;
    if (!this.#shares(object)) return false;
    const made = this.#known?.made;
    const chosen = made?.chosen === undefined ? undefined : { ...made.chosen, name: made.chosen.another() };
    if (made === undefined || this.#stamps === undefined || !areSame(made.stamps, this.#stamps) || (chosen !== undefined && holds(made.text, chosen.name))) {
      object.spec = cloneJson(object.spec);
      return false;
    }
    this.#made = made;
    admission.chosen = chosen;
    object.spec = chosen === undefined ? made.spec : withText(made.spec, made.places, chosen.name);
    return true;
  }

  /** The spec as it is stored, where that is known. It must have been found valid, without a warning: the next object of the template takes it as it is. */
  stored(object: WithSpec, chosen: ChosenName | undefined): KnownField | undefined {
    const value = object.spec;
    if (this.#made !== undefined) return { value, text: this.#made.text.join(chosen?.name ?? "") };
    if (this.#known === undefined || this.#stamps === undefined || typeof value !== "object" || value === null || !this.#kind.entry.strategy.alike?.isSpecApart(object)) return undefined;
    const text = encodeFieldQuickly(this.#kind.definition!, this.name, value, "asStored");
    if (text === undefined) return undefined;
    const parts = chosen === undefined ? [text] : text.split(chosen.name);
    const places = chosen === undefined ? NOWHERE : placesOf(value, chosen.name);
    // The name may stand where nobody put it.
    if (parts.length - 1 !== (chosen?.places ?? 0) || places === true || count(places) !== parts.length - 1) return { value, text };
    if (places.size === 0) deepFreeze(value);
    else freezeBeside(value, places);
    this.#known.made = { stamps: this.#stamps, spec: value, chosen, places, text: parts };
    return { value, text };
  }
}

function areSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  for (let i = 0; i < some.length; i++) if (some[i] !== others[i]) return false;
  return some.length === others.length;
}

function holds(texts: readonly string[], name: string): boolean {
  for (const text of texts) if (text.includes(name)) return true;
  return false;
}

const NOWHERE: Places = new Map();

function placesOf(value: unknown, text: string): Places | true {
  if (value === text) return true;
  if (typeof value !== "object" || value === null) return NOWHERE;
  let places: Map<string, Places | true> | undefined;
  for (const [key, member] of Object.entries(value)) {
    const inside = placesOf(member, text);
    if (inside !== true && inside.size === 0) continue;
    places ??= new Map();
    places.set(key, inside);
  }
  return places ?? NOWHERE;
}

function count(places: Places): number {
  let sum = 0;
  for (const inside of places.values()) sum += inside === true ? 1 : count(inside);
  return sum;
}

/** Freezes all but what leads to the places. */
function freezeBeside(value: object, places: Places): void {
  for (const [key, member] of Object.entries(value)) {
    const inside = places.get(key);
    if (inside === undefined) deepFreeze(member);
    else if (inside !== true) freezeBeside(member as object, inside);
  }
}

/** A copy with another text in the places; all beside them is shared. */
function withText(value: object, places: Places, text: string): object {
  const copy = (Array.isArray(value) ? value.slice() : { ...value }) as Record<string, unknown>;
  for (const [key, inside] of places) copy[key] = inside === true ? text : withText(copy[key] as object, inside, text);
  return copy;
}
