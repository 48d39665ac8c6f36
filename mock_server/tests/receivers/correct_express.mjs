// A correct receiver in Express: `node correct_express.mjs SECRET` prints its port and serves.
// The body is taken raw and not inflated: express.json() would verify what it has made of it.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createRequire } from "node:module";

const express = createRequire(`${process.cwd()}/`)("express");
const secret = process.argv[2];
const done = new Set();
const app = express();

app.post("/hook", express.raw({ type: () => true, limit: "200kb", inflate: false }), (request, response) => {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const expected = Buffer.from(createHmac("sha256", secret).update(body).digest("hex"));
  const given = Buffer.from(request.get("X-Content-Integration-Signature") ?? "", "latin1");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return response.sendStatus(401);
  let told;
  try {
    told = JSON.parse(body.toString("utf8"));
  } catch {
    return response.sendStatus(400);
  }
  if (typeof told?.jobId !== "string") return response.sendStatus(400);
  const event = request.get("X-Content-Integration-Event");
  if (event === "content.completed" || event === "content.failed") done.add(`${told.jobId} ${event}`);
  return response.sendStatus(204);
});
app.get("/count", (_, response) => response.json({ count: done.size }));
app.use((error, _request, response, _next) => response.sendStatus(error.status ?? 500));

const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
