const { createHmac, randomBytes, timingSafeEqual } = require("node:crypto");

const secret = process.env.SESSION_SECRET ?? randomBytes(32).toString("hex");
const lifetime = 8 * 60 * 60 * 1000; // milliseconds

// a real application keeps hashes of the passwords in a database
const passwords = new Map([
  ["ada", "engine"],
  ["bob", "builder"],
  ["carol", "christmas"],
]);

/** The options of the cookie. Behind HTTPS, add `secure: true`. */
const cookie = { httpOnly: true, sameSite: "strict", maxAge: lifetime };

function isRightPassword(name, password) {
  return passwords.has(name) && passwords.get(name) === password;
}

/** Creates the value of the cookie: the name, the time of its end, and a signature of both. */
function createSession(name) {
  const content = `${name}.${Date.now() + lifetime}`;
  return `${content}.${signatureOf(content)}`;
}

/** Returns the name in the cookie of a request, or undefined if there is none, or none that is valid. */
function nameIn(headers) {
  const [, content, signature] = /\bsession=(\w+\.\d+)\.([\w-]{43})(?:;|$)/.exec(headers.cookie) ?? [];
  if (content === undefined || !timingSafeEqual(Buffer.from(signature), Buffer.from(signatureOf(content)))) {
    return undefined;
  }
  const [name, end] = content.split(".");
  return Date.now() < Number(end) ? name : undefined;
}

/** Only a process that has the secret can create the signature, so clients cannot change the content. */
function signatureOf(content) {
  return createHmac("sha256", secret).update(content).digest("base64url");
}

module.exports = { cookie, createSession, isRightPassword, nameIn };
