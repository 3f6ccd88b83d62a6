import type { Clock } from "../../lib/clock.ts";
import type { Connection } from "../kubeconfig.ts";

/** A token file is read again after this long (client-go's period). */
const TOKEN_LIFETIME_MS = 60_000;

/** The headers that say who calls: a token (from a file that may change), a password, whom to impersonate. */
export class Credentials {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #readFile: (path: string) => Promise<string>;
  #token: { value: string; read_ms: number } | undefined;

  constructor(connection: Connection, clock: Clock, readFile: (path: string) => Promise<string>) {
    this.#connection = connection;
    this.#clock = clock;
    this.#readFile = readFile;
  }

  /** @throws Error when the token file cannot be read and none was read before */
  async headers(): Promise<Record<string, string | string[]>> {
    const { username, password, impersonate } = this.#connection;
    const token = await this.#currentToken();
    const headers: Record<string, string | string[]> = {};
    if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
    else if (username !== undefined) headers["authorization"] = `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}`;
    if (impersonate !== undefined) {
      headers["impersonate-user"] = impersonate.user;
      if (impersonate.uid !== undefined) headers["impersonate-uid"] = impersonate.uid;
      if (impersonate.groups !== undefined && impersonate.groups.length > 0) headers["impersonate-group"] = [...impersonate.groups];
    }
    return headers;
  }

  /** The next request reads the token file again: the server refused the token. */
  expire(): void {
    this.#token = undefined;
  }

  async #currentToken(): Promise<string | undefined> {
    const { tokenFile, token } = this.#connection;
    if (tokenFile === undefined) return token;
    const now_ms = this.#clock.monotonic_ms();
    if (this.#token !== undefined && now_ms - this.#token.read_ms < TOKEN_LIFETIME_MS) return this.#token.value;
    try {
      this.#token = { value: (await this.#readFile(tokenFile)).trim(), read_ms: now_ms };
    } catch (cause) {
      if (this.#token === undefined) throw new Error(`cannot read the token file ${tokenFile}`, { cause });
    }
    return this.#token.value;
  }
}
