// A stand-in for the server with made-up orders, to look at the admin UI without a database. Development only.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { answers } from "./answers.mjs";

const dist = new URL("../../../admin-ui/dist/", import.meta.url).pathname;
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };
const policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'";

function serveFile(path, response) {
  let file = join(dist, normalize(path));
  if (!existsSync(file) || path === "/") file = join(dist, "index.html");
  response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream", "content-security-policy": policy });
  createReadStream(file).pipe(response);
}

async function readBody(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://fake");
  if (!url.pathname.startsWith("/api/")) return serveFile(url.pathname, response);
  if (url.pathname === "/api/v1/orders/events") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": hello\n\n");
    const stop = answers.listen((event, id) => response.write(`event: ${event}\ndata: ${JSON.stringify({ id })}\n\n`));
    request.on("close", stop);
    return;
  }
  const body = await readBody(request);
  const json = request.headers["content-type"]?.startsWith("application/json") ? JSON.parse(body) : body;
  const [status, answer] = answers.answer(request.method, url.pathname.slice("/api/v1".length), url.searchParams, json);
  response.writeHead(status, { "content-type": status < 400 ? "application/json" : "application/problem+json" });
  response.end(answer === undefined ? "" : JSON.stringify(answer));
});
const port = Number(process.argv[2] ?? 8090);
server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}`));
