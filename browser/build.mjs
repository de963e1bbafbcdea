// Bundles what runs in browsers into src/assent, where the server reads it: `make browser`.
// What is built is committed, so that running the server takes no Node. `--check` builds nothing: it
// fails if what is committed is not what these sources give.
import { build } from "esbuild";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { icon, sameIcon, SIZES } from "./device/icons.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const frames = join(here, "../src/assent/frames/built");
const sandbox = join(here, "../src/assent/sandbox/built");
const wise = join(here, "../src/assent/dialects/wise/built");
const weavr = join(here, "../src/assent/dialects/weavr/built");
const device = join(here, "../src/assent/dialects/device/built");
const tried = join(here, "../tests/support/built");
const checking = process.argv.includes("--check");

const bundles = [
  { from: "sdk/v1.ts", to: join(frames, "client.1.js") },
  { from: "sdk/v2.ts", to: join(frames, "weavr-client-v2.js") },
  { from: "frame/field.ts", to: join(frames, "field.js") },
  { from: "playground/playground.ts", to: join(sandbox, "playground.js"), readable: true },
  { from: "playground/playground.css", to: join(sandbox, "playground.css"), readable: true },
  { from: "approval/approval.ts", to: join(wise, "approval.js") },
  { from: "approval/approval.css", to: join(wise, "approval.css") },
  { from: "reference/reference.ts", to: join(weavr, "reference.js") },
  { from: "reference/reference.css", to: join(weavr, "reference.css") },
  { from: "device/device.ts", to: join(device, "device.js") },
  { from: "device/device.css", to: join(device, "device.css") },
  { from: "device/worker.ts", to: join(device, "worker.js") },
  // for tests: the parts whose rules have vectors of their own
  { from: "device/tried.ts", to: join(tried, "device.js"), readable: true, name: "device" },
];
const declarations = ["client.1.d.ts", "weavr-client-v2.d.ts"];
const copies = [
  { from: "playground/index.html", to: join(sandbox, "playground.html") },
  { from: "reference/index.html", to: join(weavr, "reference.html") },
  { from: "device/index.html", to: join(device, "device.html") },
  { from: "device/manifest.webmanifest", to: join(device, "manifest.webmanifest") },
  { from: "device/icon.svg", to: join(device, "icon.svg") },
];

async function bundled({ from, readable = false, name }) {
  const made = await build({
    absWorkingDir: here,
    entryPoints: [from],
    bundle: true,
    format: "iife",
    ...(name ? { globalName: name } : {}),
    target: "es2022",
    minify: !readable,
    charset: "utf8",
    legalComments: "none",
    write: false,
  });
  return made.outputFiles[0].text;
}

/** One file each, for a page's programmers to take: with what both share in it. */
function declared(name) {
  const read = (file) => readFileSync(join(here, "sdk", file), "utf8");
  return read(name)
    .replace(/^import type .* from "\.\/fields\.d\.ts";\n\n/m, "")
    .replace('export type * from "./fields.d.ts";\n', () => read("fields.d.ts"));
}

const stale = [];
function put(path, made, same = (held) => held.equals(Buffer.from(made))) {
  if (!checking) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, made);
  } else if (!existsSync(path) || !same(readFileSync(path))) {
    stale.push(relative(join(here, ".."), path));
  }
}

for (const bundle of bundles) {
  if (existsSync(join(here, bundle.from))) put(bundle.to, await bundled(bundle));
}
for (const name of declarations) put(join(frames, name), declared(name));
for (const copy of copies) {
  if (existsSync(join(here, copy.from))) put(copy.to, readFileSync(join(here, copy.from), "utf8"));
}
for (const size of SIZES) {
  const made = icon(size);
  put(join(device, `icon-${size}.png`), made, (held) => sameIcon(held, made));
}
if (stale.length) {
  console.error(`Not what the sources in browser/ give; run \`make browser\`:\n  ${stale.join("\n  ")}`);
  process.exit(1);
}
