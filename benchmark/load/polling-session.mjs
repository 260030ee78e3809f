/** A session of Engine.IO protocol 4 over HTTP: its paths, and how it joins the main namespace. */

/** The path of a request; `session` is the id of the session, if there is one. */
export const pathOf = (transport, session = "") =>
  `/socket.io/?EIO=4&transport=${transport}${session && `&sid=${session}`}`;

/** The id of a session, in what the server sends first. */
export function sessionOf(text) {
  const [, session] = /"sid":"([^"]+)"/.exec(text) ?? [];
  if (session === undefined) {
    throw new Error(`expected a new session, got ${text}`);
  }
  return session;
}

/** The headers of a page on another origin. */
export const browserHeaders = [
  "Origin: http://localhost:8080",
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
  "Accept: */*",
  "Accept-Encoding: gzip, deflate, br",
];

/**
 * Opens a session, and joins the main namespace.
 *
 * @param {import("./requests.mjs").Requests} polls
 * @param {import("./requests.mjs").Requests} posts
 * @returns {Promise<string>} the id of the session
 */
export async function joinByPolling(polls, posts = polls) {
  const session = sessionOf(String(await polls.send("GET", pathOf("polling"))));
  const path = pathOf("polling", session);
  await posts.send("POST", path, "40");
  const joined = String(await polls.send("GET", path));
  if (!joined.startsWith("40")) {
    throw new Error(`expected a CONNECT response, got ${joined}`);
  }
  return session;
}
