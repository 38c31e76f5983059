// The search of the site: VitePress's own, by an index that is part of the site.

// The theme calls the whole box a button and each result an option with a link in it, which a screen reader cannot enter.
// With these changes it is a dialog with a list of links. WAI-ARIA 1.2, 5.2.8: the children of an option are presentational
const changes = [
  [
    /role="button"\s+:aria-owns="[^"]*"\s+aria-expanded="true"\s+aria-haspopup="listbox"/,
    'role="dialog" aria-modal="true"',
  ],
  [/:aria-activedescendant="[^"]*"\s+aria-autocomplete="both"/, ''],
  [/:role="results\?\.length \? 'listbox' : undefined"/, ''],
  [/:aria-selected="[^"]*"\s+role="option"/, ''],
  [/:aria-label="\[\.\.\.p\.titles, p\.title\]\.join\(' > '\)"/, ''],
  [/<kbd :aria-label/g, '<kbd role="img" :aria-label'],
]

/** A plugin of Vite: the box of the theme's search, accessible. */
export const accessibleSearch = {
  name: 'accessible-search',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/VPLocalSearchBox.vue')) return undefined
    return changes.reduce((text, [from, to]) => {
      if (text.search(from) < 0) throw new Error(`VitePress's search box has no ${from}`)
      return text.replace(from, to)
    }, code)
  },
}

/** What themeConfig tells of the search. */
export const search = {
  provider: 'local',
  options: {
    // The name of the button is the text that is seen in it. WCAG 2.2, 2.5.3
    translations: { button: { buttonText: 'Search (/)', buttonAriaLabel: 'Search (/)' } },
    miniSearch: {
      searchOptions: {
        // How to do a thing comes before how it was tested and when it changed.
        boostDocument: id =>
          /\/(?:changelog|moved|reliability|adding)/.test(id)
            ? 0.3
            : /\/(?:guide|recipes|reference|options)/.test(id)
              ? 2
              : 1,
      },
    },
  },
}
