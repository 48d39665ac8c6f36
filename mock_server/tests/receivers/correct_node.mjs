// A correct receiver on Node's http: `node correct_node.mjs SECRET` prints its port and serves.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const secret = process.argv[2];
const limit = 300_000;
const done = new Set();

function verified(body, given) {
  const expected = Buffer.from(createHmac("sha256", secret).update(body).digest("hex"));
  const bytes = Buffer.from(given ?? "", "latin1");
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}

function taken(request, body) {
  if (body.length > limit) return 413;
  if (!verified(body, request.headers["x-content-integration-signature"])) return 401;
  let told;
  try {
    told = JSON.parse(body.toString("utf8"));
  } catch {
    return 400;
  }
  if (told === null || typeof told !== "object" || typeof told.jobId !== "string") return 400;
  const event = request.headers["x-content-integration-event"];
  if (event === "content.completed" || event === "content.failed") done.add(`${told.jobId} ${event}`);
  return 200;
}

const server = createServer((request, response) => {
  if (request.url === "/count") return response.end(JSON.stringify({ count: done.size }));
  if (request.method !== "POST") return response.writeHead(405).end();
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("error", () => response.destroy());
  request.on("end", () => response.writeHead(taken(request, Buffer.concat(chunks))).end());
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
