// browser.js: what the drivers of headless Chromium have in common. TAP lines come without their numbers; lib.sh's
// browser_says counts them.
const { readFileSync } = require("fs");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

function tell(isGood, words, more) {
  console.log(`${isGood ? "ok" : "not ok"} - ${words}`);
  if (!isGood && more) console.log("# " + String(more).replace(/\n/g, "\n# "));
}

async function audit(page, words) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  tell(violations.length === 0, `axe: ${words}`, violations.map((v) => v.id + ": " + v.nodes[0].html).join("\n"));
}

async function fits(page, words) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  tell(wide <= 0, `no sideways scrolling: ${words}`, wide);
}

// Tabs until the element of this selector has the focus, so many times at most: nothing is clicked.
async function focus(page, selector, most) {
  for (let i = 0; i < most; i++) {
    if (await page.evaluate((s) => document.activeElement.matches(s), selector)) return true;
    await page.keyboard.press("Tab");
  }
  return false;
}

module.exports = { tell, audit, fits, focus };
