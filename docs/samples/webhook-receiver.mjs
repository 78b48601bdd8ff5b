// Takes paytick's webhooks: node webhook-receiver.mjs PORT, with PAYTICK_WEBHOOK_SECRET (several, with a space between,
// while one is rotated). Prints each notice once. Needs nothing but Node; the package "standardwebhooks" verifies the same.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const TOLERANCE_S = 300; // what is older is a replay

export function verify(secrets, headers, body, nowS = Date.now() / 1000) {
  const id = headers["webhook-id"], timestamp = headers["webhook-timestamp"];
  if (!id || !/^\d+$/.test(timestamp ?? "") || Math.abs(nowS - Number(timestamp)) > TOLERANCE_S) return false;
  const given = (headers["webhook-signature"] ?? "").split(" ");
  return secrets.some((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    const right = Buffer.from("v1," + createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64"));
    return given.some((one) => one.length === right.length && timingSafeEqual(Buffer.from(one), right));
  });
}

const [, script, port] = process.argv;
if (port !== undefined && import.meta.url.endsWith(script.split("/").pop())) {
  const secrets = (process.env.PAYTICK_WEBHOOK_SECRET ?? "").split(/[\s,]+/).filter(Boolean);
  const seen = new Set(); // in earnest: a unique column, written in the same transaction as what follows from the notice
  const server = createServer((request, response) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => {
      const body = Buffer.concat(pieces).toString("utf8"); // the bytes that were signed: verify first, parse then
      if (!verify(secrets, request.headers, body)) return response.writeHead(401).end();
      const notice = JSON.parse(body);
      if (!seen.has(notice.id)) console.log(JSON.stringify(notice));
      seen.add(notice.id);
      response.writeHead(204).end(); // any 2xx: it is yours now
    });
  });
  server.listen(Number(port), "127.0.0.1", () => console.log(JSON.stringify({ listening: server.address().port })));
}
