// The demo -> the pictures of the README: `node screenshots.mjs PROGRAM PACKAGES FOLDER`, by `make screenshots`.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { resolve } from "node:path";

const [program, packages, folder] = process.argv.slice(2);
const { chromium } = createRequire(`${resolve(packages)}/`)("playwright-core");
/** Each view by the name of its picture: where it is and how much of it is shown. */
const VIEWS = {
  roadmap: ["/", 800],
  matrix: ["/matrix", 900],
  item: ["/items/github:acme/api%233", 900],
};
/** The largest picture, in bytes. */
const BYTES_MAX = 150_000;

const demo = spawn(program, ["demo", "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
const base = await new Promise((found, failed) => {
  demo.once("exit", (code) => failed(new Error(`the demo ended (${code}) before it served its page`)));
  createInterface(demo.stdout).on("line", (line) => {
    const at = line.match(/http:\/\/[\d.]+:\d+/);
    if (at) found(at[0]);
  });
});
const browser = await chromium.launch({
  executablePath: process.env.ROADMAPD_CHROMIUM ?? "/usr/bin/chromium",
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});
try {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ baseURL: base, viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1.5, colorScheme });
    const page = await context.newPage();
    const shutter = await context.newCDPSession(page);
    for (const [name, [path, height]] of Object.entries(VIEWS)) {
      await page.setViewportSize({ width: 1280, height });
      await page.goto(path);
      // A window that was resized has nothing to show before it is drawn.
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      const { data } = await shutter.send("Page.captureScreenshot", { format: "webp", quality: 85 });
      const bytes = Buffer.from(data, "base64");
      const file = resolve(folder, `${name}-${colorScheme}.webp`);
      if (bytes.length > BYTES_MAX) throw new Error(`${file} has ${bytes.length} bytes and may have ${BYTES_MAX}`);
      writeFileSync(file, bytes);
      console.log(`${file}: ${bytes.length} bytes`);
    }
    await context.close();
  }
} finally {
  await browser.close();
  demo.kill();
}
