/** Receives what the server does, and shows it. */
import { createCharts } from "./charts.js";
import { showTables, showTiles } from "./figures.js";

const byId = (id) => document.getElementById(id);
const door = byId("door");
const content = document.querySelector("main");

const kept = 300;
let samples = [];
let period = 300;
let paused = false;
let charts;

let token = tokenOfAddress() ?? sessionStorage.getItem("observability.token") ?? "";
const socket = io("/observability", { autoConnect: false, auth: (send) => send({ token }) });

socket.on("connect", () => {
  sessionStorage.setItem("observability.token", token);
  showDoor(false);
  showStatus();
});

socket.on("history", (history) => {
  samples = history;
  draw();
});

socket.on("sample", (sample, acknowledge) => {
  acknowledge();
  samples = [...samples, sample].slice(-kept);
  if (!paused) {
    showTiles(sample);
    showTables(sample);
    draw();
  }
});

socket.on("disconnect", showStatus);

socket.on("connect_error", (error) => {
  // the server has refused the token; after other errors, the client tries again by itself
  if (!socket.active) {
    sessionStorage.removeItem("observability.token");
    byId("refusal").textContent = token === "" ? "" : error.message;
    showDoor(true);
  } else if (!door.hidden) {
    byId("refusal").textContent = "The server does not answer. Trying again …";
  }
  showStatus();
});

// the address that the server printed, opened in this tab
addEventListener("hashchange", () => {
  const given = tokenOfAddress();
  if (given !== undefined) {
    token = given;
    socket.disconnect().connect();
  }
});

door.addEventListener("submit", (event) => {
  event.preventDefault();
  token = byId("token").value.trim();
  byId("refusal").textContent = "";
  socket.connect();
});

byId("pause").addEventListener("click", ({ currentTarget }) => {
  paused = !paused;
  currentTarget.setAttribute("aria-pressed", String(paused));
  showStatus();
  draw();
});

for (const choice of document.getElementsByName("period")) {
  choice.addEventListener("change", () => {
    period = Number(choice.value);
    draw();
  });
}

if (token === "") {
  showDoor(true);
  showStatus();
} else {
  socket.connect();
}

function draw() {
  // not before the page is shown: the plots take their width from it
  charts ??= createCharts(byId("charts"));
  charts.show(samples, period);
}

function showDoor(isShown) {
  const wasShown = !door.hidden;
  door.hidden = !isShown;
  content.hidden = isShown;
  byId("controls").hidden = isShown;
  if (isShown) {
    byId("token").value = "";
    byId("token").focus();
  } else if (wasShown) {
    document.querySelector("h1").focus(); // before the controls
  }
}

function showStatus() {
  const [state, text] = statusNow();
  byId("status").dataset.state = state;
  byId("status").textContent = text;
}

function statusNow() {
  if (!door.hidden) {
    return ["closed", "Not connected"];
  }
  if (!socket.connected) {
    return ["lost", "Connection lost, trying again …"];
  }
  return paused ? ["paused", "Paused"] : ["live", "Live"];
}

/** The address that the server prints ends with "#token=…". It is removed, so that it is not in screenshots. */
function tokenOfAddress() {
  const [, value] = /^#token=(.+)$/.exec(location.hash) ?? [];
  if (value !== undefined) {
    history.replaceState(null, "", location.pathname);
    return decodeURIComponent(value);
  }
  return undefined;
}
