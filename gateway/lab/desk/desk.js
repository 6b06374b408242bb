// The author's desk and the phone: no framework, nothing from the network.
"use strict";

const at = (id) => document.getElementById(id);
const outbox = document.body.dataset.outbox; // a gateway that runs: SMS are asked for

async function ask(path, values) {
  const post = values && { method: "POST", body: new URLSearchParams(values) };
  try {
    const answer = await fetch(path, post || {});
    const said = await answer.json();
    return answer.ok ? said : { error: said.error || "The desk refused this.", status: answer.status };
  } catch {
    return { error: "No answer: is it still running?" };
  }
}

// ---- the phone ----

let nSeen = 0;
let pollAgain = null;

function show(kind, who, text) {
  const message = document.createElement("div");
  message.className = "message " + kind;
  const words = document.createElement("div"); // its own direction, whatever the label's
  words.dir = "auto";
  words.textContent = text;
  const label = document.createElement("span");
  label.className = "who";
  label.textContent = who + ": ";
  message.append(label, words);
  at("talk").append(message);
  at("talk").scrollTop = at("talk").scrollHeight;
}

function showScreen(text, isOpen) {
  at("ussd").hidden = text === null;
  at("ussd").dir = "auto";
  at("ussd").textContent = text === null ? "" : text + (isOpen ? "" : "\n(the session is closed)");
}

async function poll(times) {
  clearTimeout(pollAgain);
  const list = await ask(outbox + "?" + new URLSearchParams({ to: at("number").value }));
  if (Array.isArray(list)) {
    for (const sms of list.slice(nSeen)) show("got", "SMS", sms.text);
    nSeen = list.length;
  }
  pollAgain = setTimeout(() => poll(Math.max(times - 1, 0)), times > 0 ? 300 : 4000);
}

async function act(what, text) {
  const said = await ask("phone", {
    do: what, text: text || "", number: at("number").value, lang: at("lang").value,
  });
  at("note").textContent = said.error || said.note || "";
  if (said.error) return;
  if (said.fresh) { at("talk").replaceChildren(); showScreen(null); }
  if (what === "sms") show("sent", "You", text);
  if (said.screen !== null) showScreen(said.screen, said.open);
  else if (!said.open) showScreen(null);
  for (const sms of said.sms || []) show("got", "SMS", sms);
  if (said.time) { at("time").textContent = said.time.replace("T", " ").slice(0, 16); }
  if (outbox) poll(10);
}

at("send").addEventListener("submit", (event) => {
  event.preventDefault();
  const isUssd = at("send").elements.via.value === "ussd";
  const text = at("text").value;
  at("text").value = "";
  if (isUssd && /^\*.*#$/.test(text)) act("dial", text);
  else act(isUssd ? "answer" : "sms", text);
  at("text").focus();
});

for (const button of document.querySelectorAll("[data-do]"))
  button.addEventListener("click", () => {
    if (button.dataset.do === "dial") {
      at("send").elements.via.value = "ussd";
      act("dial").then(() => at("text").focus());
    } else act(button.dataset.do, button.dataset.text);
  });

at("number").addEventListener("change", () => { nSeen = 0; at("talk").replaceChildren(); showScreen(null); });

// ---- the desk ----

const desk = { name: "", hash: "", saved: "", timer: null, turn: 0 };
const editor = at("editor");

function isChanged() { return editor.value !== desk.saved; }

function tellState(words, isBad) {
  at("state").textContent = words || (isChanged() ? "Not saved yet." : "Saved.");
  at("state").className = isBad ? "error" : "";
}

function goTo(line, column) {
  const lines = editor.value.split("\n");
  let from = 0;
  for (let i = 0; i < line - 1 && i < lines.length; i++) from += lines[i].length + 1;
  const start = from + Array.from(lines[line - 1] || "").slice(0, column - 1).join("").length;
  editor.focus();
  editor.setSelectionRange(start, Math.min(start + 1, editor.value.length));
  editor.scrollTop = Math.max(0, (editor.scrollHeight / lines.length) * (line - 4));
}

async function openFile(name) {
  if (isChanged() && name !== desk.name && !confirm("Leave " + desk.name + " without saving it?")) return false;
  const file = await ask("file?" + new URLSearchParams({ name }));
  if (file.error) { tellState(file.error, true); return false; }
  desk.name = file.name;
  desk.hash = file.hash;
  editor.value = file.text;
  desk.saved = editor.value;
  at("file-title").textContent = file.name;
  for (const button of at("files").querySelectorAll("button"))
    button.setAttribute("aria-current", String(button.textContent === file.name));
  tellState();
  check();
  return true;
}

function showFinding(finding) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  const where = document.createElement("strong");
  where.textContent = `${finding.file}:${finding.line}:${finding.column} ${finding.severity}: `;
  if (finding.severity === "error") where.className = "error";
  button.append(where, finding.what + ". " + (finding.text ? "“" + finding.text + "” " : ""), "Fix: " + finding.fix);
  button.addEventListener("click", async () => {
    if (finding.file === desk.name || await openFile(finding.file)) goTo(finding.line, finding.column);
  });
  item.append(button);
  return item;
}

async function check() {
  const turn = ++desk.turn;
  at("summary").textContent = "Checking ...";
  const said = await ask("check", { name: desk.name, text: editor.value });
  if (turn !== desk.turn) return; // a later text is being checked
  at("summary").textContent = said.error || `${said.errors} errors, ${said.warnings} warnings, ${said.hints} hints`;
  at("checks").replaceChildren(...(said.findings || []).map(showFinding));
}

async function save() {
  if (!isChanged()) { tellState(); return; }
  const text = editor.value;
  const said = await ask("save", { name: desk.name, hash: desk.hash, text });
  if (said.error) { tellState(said.error, true); return; }
  desk.hash = said.hash;
  desk.saved = text;
  tellState();
}

async function start() {
  const said = await ask("files");
  if (said.error) { tellState(said.error, true); return; }
  document.title = said.title + ": desk";
  at("title").textContent = said.title;
  at("dir").textContent = said.dir;
  at("lang").append(...said.languages.map((l) => new Option(l.name, l.code)));
  for (const file of said.files) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = file.name;
    button.addEventListener("click", () => openFile(file.name));
    item.append(button);
    at("files").append(item);
  }
  await openFile("course.md");
}

if (editor) {
  editor.addEventListener("input", () => {
    tellState();
    clearTimeout(desk.timer);
    desk.timer = setTimeout(check, 700);
  });
  at("save").addEventListener("click", save);
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); save(); }
  });
  addEventListener("beforeunload", (event) => { if (isChanged()) event.preventDefault(); });
  at("lang").addEventListener("change", () => act("new"));
  start();
} else {
  poll(0);
}
