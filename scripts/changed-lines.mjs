/** Shows how a text differs from an earlier one, as in a unified diff. */

/** The number of unchanged lines that are shown before and after a change. */
const context = 2;

/**
 * Returns the parts of the texts in which they differ, as `patch` reads them: each part begins with the numbers of its
 * lines, and each line with "+", "-" or a space.
 */
export function changedLines(before, after) {
  const lines = compare(before.trimEnd().split("\n"), after.trimEnd().split("\n"));
  const isShown = lines.map((_, index) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(({ sign }) => sign !== " "),
  );
  const parts = [];
  let [oldNumber, newNumber] = [1, 1];
  lines.forEach(({ sign, line }, index) => {
    if (isShown[index]) {
      if (!isShown[index - 1]) {
        parts.push({ oldNumber, newNumber, lines: [] });
      }
      parts.at(-1).lines.push((sign + line).trimEnd());
    }
    oldNumber += sign === "+" ? 0 : 1;
    newNumber += sign === "-" ? 0 : 1;
  });
  return parts.flatMap((part) => [headOf(part), ...part.lines]).join("\n");
}

function headOf({ oldNumber, newNumber, lines }) {
  const count = (sign) => lines.filter((line) => !line.startsWith(sign)).length;
  return `@@ -${oldNumber},${count("+")} +${newNumber},${count("-")} @@`;
}

/** Compares the lines of two texts: the longest common subsequence of lines is unchanged. */
function compare(before, after) {
  // longest[i][j]: the length of the longest common subsequence of the lines after i and j
  const longest = Array.from({ length: before.length + 1 }, () => new Array(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      longest[i][j] =
        before[i] === after[j] ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
    }
  }
  const lines = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && before[i] === after[j]) {
      lines.push({ sign: " ", line: before[i] });
      i++;
      j++;
    } else if (j === after.length || (i < before.length && longest[i + 1][j] >= longest[i][j + 1])) {
      lines.push({ sign: "-", line: before[i++] });
    } else {
      lines.push({ sign: "+", line: after[j++] });
    }
  }
  return lines;
}
