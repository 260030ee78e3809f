const { createHmac, timingSafeEqual } = require("node:crypto");

/** Returns the claims of a JSON Web Token that HMAC with SHA-256 has signed. Throws if it is forged or has expired. */
exports.verify = (token, secret) => {
  const [header, payload, signature] = String(token).split(".");
  const expected = createHmac("sha256", secret).update(`${header}.${payload}`).digest();
  const given = Buffer.from(signature ?? "", "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new Error("wrong signature");
  }
  if (decode(header).alg !== "HS256") {
    throw new Error("wrong algorithm");
  }
  const claims = decode(payload);
  if (!(claims.exp * 1000 > Date.now())) {
    throw new Error("expired");
  }
  return claims;
};

function decode(part) {
  return JSON.parse(Buffer.from(part, "base64url").toString());
}
