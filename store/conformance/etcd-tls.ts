import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";

export interface EtcdTls {
  /** PEM. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface EtcdTlsFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Debian's ca-certificates depends on it. */
const OPENSSL = "openssl";
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];

/** `addresses`: or names. Makes a CA, a certificate that every member uses (for clients and peers) and one for clients, with the openssl program. */
export function makeEtcdTls(folder: string, addresses: readonly string[]): { server: EtcdTlsFiles; client: EtcdTls; stranger: EtcdTls } {
  const caFile = selfSigned(folder, "ca");
  const names = `subjectAltName=${addresses.map((address) => `${isIP(address) === 0 ? "DNS" : "IP"}:${address}`).join(",")}`;
  const server = signed(folder, "ca", "server", [names, "extendedKeyUsage=serverAuth,clientAuth"]);
  const client = signed(folder, "ca", "client", ["extendedKeyUsage=clientAuth"]);
  const otherCaFile = selfSigned(folder, "other-ca");
  const stranger = signed(folder, "other-ca", "stranger", ["extendedKeyUsage=clientAuth"]);
  return { server: { ...server, caFile }, client: read(caFile, client), stranger: read(otherCaFile, stranger) };
}

function selfSigned(folder: string, name: string): string {
  const caFile = join(folder, `${name}.pem`);
  openssl(["req", "-x509", ...NEW_KEY, "-subj", `/CN=${name}`, "-keyout", join(folder, `${name}.key`), "-out", caFile]);
  return caFile;
}

function signed(folder: string, ca: string, name: string, extensions: readonly string[]): { certFile: string; keyFile: string } {
  const certFile = join(folder, `${name}.pem`);
  const keyFile = join(folder, `${name}.key`);
  const requestFile = join(folder, `${name}.csr`);
  const extensionFile = join(folder, `${name}.ext`);
  writeFileSync(extensionFile, `${extensions.join("\n")}\n`);
  openssl(["req", "-new", ...NEW_KEY.slice(0, 5), "-subj", `/CN=${name}`, "-keyout", keyFile, "-out", requestFile]);
  const authority = ["-CA", join(folder, `${ca}.pem`), "-CAkey", join(folder, `${ca}.key`), "-CAcreateserial"];
  openssl(["x509", "-req", "-in", requestFile, ...authority, "-days", "2", "-extfile", extensionFile, "-out", certFile]);
  return { certFile, keyFile };
}

function read(caFile: string, { certFile, keyFile }: { certFile: string; keyFile: string }): EtcdTls {
  return { ca: readFileSync(caFile, "utf8"), cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
}

function openssl(args: readonly string[]): void {
  execFileSync(OPENSSL, args, { stdio: ["ignore", "ignore", "pipe"] });
}
