// drive.js URL NAME PASSWORD SHOTS: the coordinators' pages in headless Chromium: by keyboard, at the width of a phone, a
// tablet and a desk, on paper, without scripts, with axe-core. Prints TAP lines without their numbers.
const { statSync } = require("fs");
const puppeteer = require("puppeteer-core");
const { tell, audit, fits, focus } = require("../browser.js");
const [url, name, password, shots] = process.argv.slice(2);
// By language where that makes some rows; where it makes hundreds, axe-core takes a minute for each page.
const PAGES = ["?by=language", "people?by=language&grain=month", "leaving", "questions", "learned", "survey?by=language", "messages", "reminders"];

// Each chart has a canvas with something drawn on it, and a table of figures.
const chartsOf = (page) =>
  page.$$eval(".chart", (all) =>
    all.map((c) => {
      const canvas = c.querySelector("canvas");
      const pixels = canvas && canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      return Boolean(pixels && pixels.some((p) => p > 0) && c.querySelector("[role=img][aria-label]") &&
        c.parentElement.querySelector("table tbody tr"));
    }));

// Without a chart its place takes no room.
async function hasNoHoles(page) {
  const heights = await page.$$eval(".chart", (all) => all.map((c) => c.clientHeight));
  tell(heights.every((h) => h === 0), "and no empty places of charts", heights);
}

(async () => {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  const page = await browser.newPage();
  page.setDefaultTimeout(120000); // only a fault takes so long
  const wrong = [];
  page.on("pageerror", (e) => wrong.push(e.message));
  page.on("console", (m) => m.type() === "error" && wrong.push(m.text()));
  page.on("request", (r) => r.url().startsWith(url) || r.url().startsWith("data:") || wrong.push("asked for " + r.url()));

  await page.setViewport({ width: 1280, height: 900 });
  await page.goto(url + "/report/");
  tell(page.url() === url + "/report/login", "who is not signed in comes to the form");
  await audit(page, "the form");
  await page.screenshot({ path: shots + "/report-login.png" });
  tell(await focus(page, "[name=name]", 100), "the keyboard reaches the name");
  await page.keyboard.type(name);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  tell((await page.title()).startsWith("Overview"), "signed in by keyboard", await page.title());
  await page.keyboard.press("Tab");
  tell(await page.evaluate(() => document.activeElement.className === "skip"), "the first stop leads to the figures");
  tell(await focus(page, ".scroll", 100), "the keyboard reaches a table, to scroll it");

  let drawn = 0;
  for (const width of [320, 768, 1280]) {
    await page.setViewport({ width, height: 900 });
    for (const path of PAGES) {
      const words = `'${path}' at ${width} px`;
      await page.goto(`${url}/report/${path}`, { waitUntil: "load" });
      await fits(page, words);
      const charts = await chartsOf(page);
      drawn += charts.length;
      tell(charts.every((c) => c), `charts are drawn, each beside its table: ${words}`, charts);
      if (width !== 768) await audit(page, words);
      await page.screenshot({ path: `${shots}/report-${path.replace(/\?.*/, "") || "overview"}-${width}.png`, fullPage: true });
    }
  }

  await page.goto(url + "/report/people", { waitUntil: "load" });
  tell(drawn >= 6, "there are charts", drawn); // which ones depends on what may be told of 300 people
  tell(await focus(page, "[name=by]", 100), "the keyboard reaches the filters");
  await page.keyboard.type("Lang");
  tell(await focus(page, ".filters button", 100), "and their button");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  tell(page.url().includes("by=language"), "a filter is chosen by keyboard", page.url());

  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  await page.goto(url + "/report/leaving", { waitUntil: "load" });
  await audit(page, "in the dark");
  await page.screenshot({ path: shots + "/report-dark.png", fullPage: true });
  await page.emulateMediaFeatures([]);

  for (const path of ["people", "leaving"]) {
    await page.goto(`${url}/report/${path}`, { waitUntil: "load" });
    const file = `${shots}/report-${path}.pdf`;
    await page.pdf({ path: file, format: "A4", margin: { top: "12mm", bottom: "12mm", left: "12mm", right: "12mm" } });
    tell(statSync(file).size > 20000, `printed: ${path}`);
    await page.emulateMediaType("print");
    await page.setViewport({ width: 700, height: 900 });
    const cut = await page.$$eval(".scroll", (all) => all.filter((s) => s.scrollWidth > s.clientWidth + 1 || s.scrollHeight > s.clientHeight + 1).length);
    tell(cut === 0, `nothing is cut off on paper: ${path}`, cut);
    await page.screenshot({ path: `${shots}/report-${path}-paper.png`, fullPage: true });
    await page.emulateMediaType(null);
    await page.setViewport({ width: 1280, height: 900 });
  }

  await page.setJavaScriptEnabled(false);
  await page.goto(url + "/report/people");
  tell((await page.$$("table tbody tr")).length > 5, "without scripts the tables are there");
  await hasNoHoles(page);
  await page.setJavaScriptEnabled(true);
  await page.goto(url + "/report/");
  await Promise.all([page.waitForNavigation(), page.click(".who-is-in button")]);
  tell(page.url() === url + "/report/login", "signed out");
  await page.goto(url + "/report/people");
  tell(page.url() === url + "/report/login", "and out it is");
  tell(wrong.length === 0, "no error in the browser's log", wrong.join("\n"));
  await browser.close();
})();
