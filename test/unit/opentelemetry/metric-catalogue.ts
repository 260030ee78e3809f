import { readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { metricCatalogue } from "../../../lib/opentelemetry/metric-catalogue";
import { metricKeys, spanKeys } from "../../../lib/opentelemetry/names";
import { root } from "../../support/repository";

const page = readFileSync(join(root, "docs/observability.md"), "utf8");

describe("docs/observability.md", () => {
  it("lists each metric with its kind and its unit, and no other", () => {
    const rows = [...page.matchAll(/^\| `(socketio\.[\w.]+)` \| ([\w -]+), (.+?) \|/gm)];
    const kinds = {
      "observed counter": "counter",
      histogram: "histogram",
      "observed up-down counter": "up-down counter",
    };
    expect(rows.map(([, name, kind, unit]) => [name, kind, unit?.replaceAll("`", "")])).to.eql(
      Object.entries(metricCatalogue).map(([name, { kind, unit }]) => [name, kinds[kind], unit]),
    );
  });

  it("names each attribute", () => {
    const attributes = [...Object.values(metricKeys), ...Object.values(spanKeys)];
    expect(attributes.filter((name) => !page.includes(`\`${name}\``))).to.eql([]);
  });
});
