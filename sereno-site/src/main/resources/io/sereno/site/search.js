// Searches headings and texts of the site: every word has to occur; the index is loaded when somebody first searches.
const root = document.currentScript.dataset.root;
const field = document.getElementById('search');
const found = document.getElementById('found');
let index = null;

window.searchIndex = entries => { index = entries; show(); };

function load() {
  if (index === null) {
    index = [];
    const script = document.createElement('script');
    script.src = root + 'search-index.js';
    document.head.append(script);
  }
}

function rank([document, heading, , text], words) {
  const head = (document + ' ' + heading).toLowerCase();
  const body = text.toLowerCase();
  let sum = 0;
  for (const word of words) {
    if (head.includes(word)) sum += 10;
    else if (body.includes(word)) sum += 1;
    else return 0;
  }
  return sum;
}

function search(entries, query) {
  const words = query.toLowerCase().split(/\s+/).filter(word => word.length > 0);
  if (words.length === 0) return [];
  return entries.map(entry => [rank(entry, words), entry]).filter(([sum]) => sum > 0)
    .sort((one, other) => other[0] - one[0]).slice(0, 30).map(([, entry]) => entry);
}

function show() {
  found.replaceChildren(...search(index, field.value).map(([document_, heading, page, text]) => {
    const link = document.createElement('a');
    link.href = root + page;
    link.textContent = heading;
    const line = document.createElement('small');
    line.textContent = document_ + (text ? ': ' + text.slice(0, 120) : '');
    link.append(line);
    return link;
  }));
}

field.addEventListener('focus', load);
field.addEventListener('input', () => { load(); show(); });
found.addEventListener('click', () => found.replaceChildren());
