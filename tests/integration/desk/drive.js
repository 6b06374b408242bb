// drive.js DESK_URL SIM_URL FOLDER SHOTS: the author's desk and the phone of a gateway in headless
// Chromium: by keyboard alone, at the width of a phone and of a desk, right to left, with axe-core.
// Prints TAP lines without their numbers.
const { readFileSync, writeFileSync } = require("fs");
const puppeteer = require("puppeteer-core");
const { tell, audit, fits, focus } = require("../browser.js");
const WAIT_MS = 120000; // only a fault takes so long
const [deskUrl, simUrl, folder, shots] = process.argv.slice(2);

const screen = (page) => page.$eval("#ussd", (e) => (e.hidden ? "" : e.textContent));
const lastSms = (page) => page.$$eval(".message.got", (all) => (all.length ? all[all.length - 1].lastChild.textContent : ""));

// Types an SMS and waits for what comes.
async function sendSms(page, text) {
  const n = await page.$$eval(".message.got", (all) => all.length);
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
  await page.waitForFunction((b) => document.querySelectorAll(".message.got").length > b, { timeout: WAIT_MS }, n);
}

// The whole first module by USSD, from consent to its end; every key is typed.
async function takeModule(page) {
  tell(await focus(page, "[data-do=dial]", 400), "the keyboard reaches the dial button");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => !document.getElementById("ussd").hidden, { timeout: WAIT_MS });
  tell(await focus(page, "#text", 400), "the keyboard reaches the line to type in");
  for (let i = 0; i < 150; i++) {
    const text = await screen(page);
    if (/M1 done|Module 1 done/i.test(text)) return text;
    if (/closed\)/.test(text)) return text;
    const key = /9 (More|Next)/.test(text) ? "9" : /Reply in|letters/.test(text) ? "x" : "1";
    const before = text;
    await page.keyboard.type(key);
    await page.keyboard.press("Enter");
    await page.waitForFunction((b) => document.getElementById("ussd").textContent !== b, { timeout: WAIT_MS }, before).catch(() => null);
  }
  return screen(page);
}

(async () => {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  const page = await browser.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const wrong = [];
  page.on("pageerror", (e) => wrong.push(e.message));
  page.on("console", (m) => m.type() === "error" && wrong.push(m.text()));
  page.on("dialog", (d) => d.accept());
  await page.setViewport({ width: 1280, height: 900 });
  await page.goto(deskUrl, { waitUntil: "networkidle0" });
  await page.waitForFunction(() => /errors/.test(document.getElementById("summary").textContent), { timeout: WAIT_MS });
  tell((await page.$eval("#summary", (e) => e.textContent)).startsWith("0 errors"), "the course has no errors");

  // A file by keyboard, a mistake in it, its check, back to its place, saved.
  await focus(page, "nav button", 400);
  await page.evaluate(() => [...document.querySelectorAll("nav button")].find((b) => b.textContent === "m1.md").focus());
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.getElementById("file-title").textContent === "m1.md");
  const clean = await page.$eval("#editor", (e) => e.value);
  tell(clean === readFileSync(folder + "/m1.md", "utf8"), "the desk shows the file");
  await page.evaluate(() => {
    const editor = document.getElementById("editor");
    editor.value = editor.value.replace("A child is a person", "A child is a “person”");
    editor.dispatchEvent(new Event("input"));
  });
  await page.waitForFunction(() => /^[1-9]\d* errors/.test(document.getElementById("summary").textContent), { timeout: WAIT_MS });
  tell(/not in GSM-7/.test(await page.$eval("#checks", (e) => e.textContent)), "a mistake is told while it is typed");
  await focus(page, "#checks button", 400);
  await page.keyboard.press("Enter");
  tell(await page.evaluate(() => {
    const e = document.getElementById("editor");
    return document.activeElement === e && e.value[e.selectionStart] === "“";
  }), "a finding leads to its place");
  await audit(page, "the desk");
  await page.screenshot({ path: shots + "/desk-wide.png" });
  writeFileSync(folder + "/m1.md", clean + "\n<!-- by somebody else -->\n");
  await page.keyboard.down("Control");
  await page.keyboard.press("s");
  await page.keyboard.up("Control");
  await page.waitForFunction(() => document.getElementById("state").className === "error");
  tell(/somebody else/.test(await page.$eval("#state", (e) => e.textContent)), "what was changed meanwhile is not written over");
  writeFileSync(folder + "/m1.md", clean);
  await page.evaluate((text) => {
    const editor = document.getElementById("editor");
    editor.value = text.replace("A child is a person", "A child is any person");
    editor.dispatchEvent(new Event("input"));
  }, clean);
  await page.keyboard.down("Control");
  await page.keyboard.press("s");
  await page.keyboard.up("Control");
  await page.waitForFunction(() => document.getElementById("state").textContent === "Saved.", { timeout: WAIT_MS });
  tell(readFileSync(folder + "/m1.md", "utf8").includes("any person"), "saving writes the same file");

  // The phone.
  const end = await takeModule(page);
  tell(/done/i.test(end), "a whole module by keyboard alone, by USSD", end);
  await page.evaluate(() => document.querySelector("[data-do=drop]").click());
  await page.waitForFunction(() => document.querySelectorAll(".message.got").length > 0, { timeout: WAIT_MS });
  tell(/closed/i.test(await lastSms(page)), "a dropped session is answered by an SMS", await lastSms(page));
  const time = await page.$eval("#time", (e) => e.textContent);
  await page.evaluate(() => document.querySelector("[data-text='24']").click());
  await page.waitForFunction((t) => document.getElementById("time").textContent !== t, { timeout: WAIT_MS }, time);
  tell(true, "the clock goes on by a day");
  writeFileSync(folder + "/m1.md", clean); // else its Arabic would be of another English
  await page.select("#lang", "ar");
  await page.waitForFunction(() => document.querySelectorAll(".message").length === 0, { timeout: WAIT_MS });
  await page.evaluate(() => { document.getElementById("send").elements.via.value = "sms"; });
  await page.focus("#text");
  await sendSms(page, "ابدأ");
  tell(/[\u0600-\u06ff]/.test(await lastSms(page)), "the phone speaks Arabic", await lastSms(page));
  tell(await page.$eval(".message.got > div", (e) => getComputedStyle(e).direction) === "rtl", "and is right to left");
  for (const width of [320, 390]) {
    await page.setViewport({ width, height: 800 });
    await fits(page, `the desk at ${width} px`);
    await audit(page, `the desk at ${width} px`);
  }
  await page.screenshot({ path: shots + "/desk-narrow.png", fullPage: true });

  // The phone of the gateway.
  if (simUrl !== "-") {
    await page.setViewport({ width: 390, height: 800 });
    await page.goto(simUrl, { waitUntil: "domcontentloaded" });
    await page.focus("#text");
    await sendSms(page, "JOIN");
    tell(/CHILDREN ON THE MOVE/.test(await lastSms(page)), "the gateway answers the phone of /sim/", await lastSms(page));
    tell(/^20\d\d-/.test(await page.$eval("#time", (e) => e.textContent)), "its clock is the gateway's");
    const shown = await page.$$eval("[data-only]", (all) => all.filter((e) => e.offsetParent).map((e) => e.textContent));
    tell(shown.join() === "Language,Missed call", "what only a gateway's phone has", shown.join());
    const over = await takeModule(page);
    tell(/done/i.test(over), "a whole module by keyboard at the gateway", over);
    await audit(page, "/sim/");
    await fits(page, "/sim/ at 390 px");
    await page.screenshot({ path: shots + "/sim.png" });
  }
  for (const file of process.argv.slice(6)) {
    await page.goto("file://" + file);
    await page.setViewport({ width: 320, height: 800 });
    await audit(page, file.replace(/.*\//, ""));
    await fits(page, file.replace(/.*\//, "") + " at 320 px");
    await page.setViewport({ width: 1024, height: 800 });
    await page.screenshot({ path: shots + "/" + file.replace(/.*\//, "") + ".png" });
    const pdf = await page.pdf({ format: "A4" });
    tell(pdf.length > 1000, `prints: ${file.replace(/.*\//, "")}`);
  }
  tell(wrong.filter((w) => !/409/.test(w)).length === 0, "no error in the browser's log", wrong.join("\n"));
  await browser.close();
})().catch((e) => { console.log("not ok - the browser got through"); console.log("# " + String(e.stack).replace(/\n/g, "\n# ")); process.exit(1); });
