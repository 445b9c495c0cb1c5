// The npm oidc-provider on loopback, for the tests of log-in: one client, everybody who logs in is who they say they are.
// Usage: node provider.mjs PORT REDIRECT_URI. Prints "ready" once it answers. Ends when its standard input is closed.
import Provider from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: "switchyard", client_secret: "oracle-secret", redirect_uris: [redirect], grant_types: ["authorization_code"], response_types: ["code"] }],
  pkce: { required: () => true },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true, name: `Person ${id}` }) }),
  cookies: { keys: ["only for this test"] },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
