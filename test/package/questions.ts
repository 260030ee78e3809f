/** docs/questions.md answers the questions that users ask most: each link leads to a heading that exists. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { anchorOf, headingsOf, proseOf } from "../support/markdown";
import { root } from "../support/repository";

import expect = require("expect.js");

interface Question {
  /** The section of docs/questions.md. */
  task: string;
  /** In the words of users, shortened. */
  question: string;
  /** Where it was asked, and when. */
  source: string;
  date: string;
  /** Where it was asked too. */
  also: string[];
  /** The page and the heading that answer it. */
  page: string;
  heading: string;
}

const questions: Question[] = JSON.parse(readFileSync(join(root, "test/docs/questions.json"), "utf8"));
const list = proseOf("docs/questions.md");

/** The rows below a heading of docs/questions.md. */
function rowsOf(task: string): string[] {
  const [, section = ""] = list.split(`\n## ${task}\n`);
  const [rows = ""] = section.split("\n## ");
  return rows.split("\n").filter((line) => line.startsWith("| ") && !/^\| (Question|---) /.test(line));
}

describe("the questions of docs/questions.md", () => {
  it("are 60, each asked once, with the address and the date of a source", () => {
    expect(questions.length).to.be(60);
    expect(new Set(questions.map(({ question }) => question)).size).to.be(60);
    for (const { source, also, date } of questions) {
      for (const address of [source, ...also]) {
        expect(new URL(address).protocol).to.match(/^https?:$/);
      }
      expect(date).to.match(/^\d{4}-\d{2}-\d{2}$/);
      expect(Number.isNaN(Date.parse(date))).to.be(false);
    }
  });

  it("are answered by a heading of a page that exists", () => {
    const unanswered = questions.filter(
      (one) => !existsSync(join(root, one.page)) || !headingsOf(one.page).includes(one.heading),
    );
    expect(unanswered.map(({ question, page, heading }) => ({ question, page, heading }))).to.eql([]);
  });

  it("are listed by task, each with a link to its heading", () => {
    const tasks = [...new Set(questions.map(({ task }) => task))];
    expect(headingsOf("docs/questions.md").slice(1)).to.eql(tasks);
    for (const task of tasks) {
      const rows = rowsOf(task);
      const own = questions.filter((one) => one.task === task);
      expect(rows.map((row) => row.split(" | ")[0])).to.eql(own.map(({ question }) => `| ${question}`));
      for (const [index, one] of own.entries()) {
        const target = `${one.page.replace(/^docs\//, "")}#${anchorOf(one.heading)}`;
        expect(rows[index]).to.contain(`: ${one.heading}](${target})`);
      }
    }
  });
});
