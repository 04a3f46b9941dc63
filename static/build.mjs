/** Builds the pages into dist/: hashed names, so that everything but the HTML may be cached for ever. */

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const PAGES = [{ entry: "src/try/main.jsx", html: "src/try/index.html", out: "index.html" }];
const ICON = "src/try/favicon.svg";

await rm(dist, { recursive: true, force: true });
await mkdir(dist);

const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: [...PAGES.map((page) => page.entry), ICON],
  outdir: "dist",
  outbase: "src",
  entryNames: "[name]-[hash]",
  loader: { ".svg": "copy" },
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: true,
  jsx: "automatic",
  jsxImportSource: "preact",
  define: { "process.env.NODE_ENV": '"production"' },
  metafile: true,
  logLevel: "warning",
});

/** The built script and style sheet of an entry, by the names they got. */
function builtFrom(entry) {
  const [path, output] = Object.entries(metafile.outputs).find(
    ([name, one]) => one.entryPoint === entry && !name.endsWith(".map"),
  );
  return { script: basename(path), style: output.cssBundle && basename(output.cssBundle) };
}

const icon = Object.keys(metafile.outputs).find((name) => name.endsWith(".svg"));
for (const page of PAGES) {
  const { script, style } = builtFrom(page.entry);
  const template = await readFile(join(here, page.html), "utf8");
  const html = template
    .replaceAll("{{script}}", `/static/${script}`)
    .replaceAll("{{style}}", `/static/${style}`)
    .replaceAll("{{icon}}", `/static/${basename(icon)}`);
  await writeFile(join(dist, page.out), html);
  console.log(`${page.out}: ${script}, ${style}`);
}
