// Checks paytick's play tokens, for a CDN or a media server. Node 18 or later, no dependencies.
//
//   import { PlayTokens } from "./play-tokens.mjs";
//   const tokens = new PlayTokens("https://pay.example/.well-known/jwks.json");
//   const { session, attachment, exp } = await tokens.check(token, content);   // throws Refused
//
// Or beside nginx, for its auth_request (docs/play-tokens.md):
//
//   node play-tokens.mjs https://pay.example/.well-known/jwks.json 127.0.0.1 9090
import { createPublicKey, verify } from "node:crypto";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const KEYS_MS = 10 * 60 * 1000; // how long the keys are kept
const AGAIN_MS = 10 * 1000; // an unknown kid makes us look again, but not more often
const TOKEN_BYTES_MAX = 4096;

export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function part(text) {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) throw new Refused("malformed", "not a token");
  return Buffer.from(text, "base64url");
}

function object(text) {
  let value = null;
  try {
    value = JSON.parse(part(text).toString("utf8"));
  } catch (error) {
    if (error instanceof Refused) throw error;
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Refused("malformed", "not a token");
  return value;
}

export class PlayTokens {
  #keys = new Map();
  #asked = -Infinity;

  constructor(url, { fetchJson = defaultFetch, now = Date.now } = {}) {
    this.url = url;
    this.fetchJson = fetchJson;
    this.now = now;
  }

  // The token's claims when it lets its holder play `content` now; throws Refused otherwise.
  async check(token, content) {
    if (typeof token !== "string" || token.length > TOKEN_BYTES_MAX) throw new Refused("malformed", "not a token");
    const parts = token.split(".");
    if (parts.length !== 3) throw new Refused("malformed", "not a token");
    const header = object(parts[0]);
    // Which algorithm is used we say, not the token.
    if (header.alg !== "EdDSA" || header.typ !== "play+jwt" || "crit" in header) throw new Refused("wrong_kind", "not a play token");
    const key = await this.#key(header.kid);
    if (!key) throw new Refused("unknown_key", "signed with a key that is not paytick's");
    if (!verify(null, Buffer.from(parts[0] + "." + parts[1]), key, part(parts[2]))) throw new Refused("bad_signature", "the signature is wrong");
    const claims = object(parts[1]);
    if (claims.aud !== "play") throw new Refused("wrong_kind", "not a play token");
    if (claims.content !== content) throw new Refused("other_content", "the token is for something else");
    if (!Number.isSafeInteger(claims.exp) || this.now() >= claims.exp * 1000) throw new Refused("expired", "no more is paid");
    return claims;
  }

  async #key(kid) {
    if (typeof kid !== "string") return undefined;
    const age = this.now() - this.#asked;
    if (age > KEYS_MS || (!this.#keys.has(kid) && age > AGAIN_MS)) await this.#load();
    return this.#keys.get(kid);
  }

  async #load() {
    this.#asked = this.now();
    const { keys } = await this.fetchJson(this.url);
    const fitting = keys.filter((jwk) => jwk.kty === "OKP" && jwk.crv === "Ed25519" && jwk.alg === "EdDSA");
    this.#keys = new Map(fitting.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: "jwk" })]));
  }
}

async function defaultFetch(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  return answer.json();
}

// Answers nginx: X-Original-URI is /media/<content>/…?token=<token>. 204: let it pass; 403: do not.
export function authServer(tokens) {
  return createServer(async (request, response) => {
    let status = 204;
    try {
      const uri = new URL(request.headers["x-original-uri"] ?? "", "http://media");
      await tokens.check(uri.searchParams.get("token") ?? "", uri.pathname.split("/")[2]);
    } catch (error) {
      status = error instanceof Refused ? 403 : 503;
      response.setHeader("X-Refused", error instanceof Refused ? error.code : "keys_away");
    }
    response.writeHead(status).end();
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [url, address = "127.0.0.1", port = "9090"] = process.argv.slice(2);
  if (!url) {
    console.error("usage: node play-tokens.mjs JWKS-URL [ADDRESS [PORT]]");
    process.exit(2);
  }
  const server = authServer(new PlayTokens(url));
  server.listen(Number(port), address, () => console.log(`checks play tokens on http://${address}:${server.address().port}`));
}
