// Parses an AsyncAPI document with the reference parser and prints {channels, operations, problems} as JSON.
// Usage: node asyncapi_check.mjs DOCUMENT.json   (run where @asyncapi/parser is installed)
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const source = readFileSync(process.argv[2], "utf8");
const { document, diagnostics } = await new Parser().parse(source);
const problems = diagnostics.map((one) => ({
  severity: ["error", "warning", "information", "hint"][one.severity],
  rule: one.code,
  text: one.message,
  at: one.path.join("."),
}));
console.log(
  JSON.stringify({
    version: document?.version() ?? null,
    channels: document?.channels().all().length ?? 0,
    operations: document?.operations().all().length ?? 0,
    examples: document?.messages().all().reduce((sum, one) => sum + one.examples().length, 0) ?? 0,
    problems,
  }),
);
