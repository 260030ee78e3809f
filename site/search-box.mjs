/** Mends the roles in the search of VitePress: a dialog with a list of options, of which none is inside another control. */

const replacements = [
  [
    `role="button"
      :aria-owns="results?.length ? 'localsearch-list' : undefined"
      aria-expanded="true"
      aria-haspopup="listbox"
      aria-labelledby`,
    `role="dialog"
      aria-modal="true"
      aria-labelledby`,
  ],
  [
    `ref="searchInput"`,
    `ref="searchInput"
            role="combobox"
            :aria-expanded="results?.length ? 'true' : 'false'"`,
  ],
  [
    `:id="'localsearch-item-' + index"
            :aria-selected="selectedIndex === index ? 'true' : 'false'"
            role="option"`,
    `role="presentation"`,
  ],
  [
    `:aria-label="[...p.titles, p.title].join(' > ')"`,
    `:id="'localsearch-item-' + index"
              :aria-selected="selectedIndex === index ? 'true' : 'false'"
              role="option"`,
  ],
  // a label needs a role
  ["<kbd :aria-label", `<kbd role="img" :aria-label`],
];

/** A plugin for Vite. The build fails if a version of VitePress has another search. */
export const searchBox = {
  name: "search-box",
  enforce: "pre",
  transform(text, id) {
    if (!/VPLocalSearchBox\.vue$/.test(id)) {
      return undefined;
    }
    return replacements.reduce((changed, [from, to]) => {
      if (!changed.includes(from)) {
        throw new Error(`VPLocalSearchBox.vue of VitePress does not contain: ${from}`);
      }
      return changed.replaceAll(from, () => to);
    }, text);
  },
};
