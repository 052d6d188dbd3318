// Completion for /netcost: verbs, keys, and the values of a key, as a listbox below the caret's word.

/** Makes a text box complete what stands after /netcost. `know` tells it the words. */
export function createCompletion(input, list) {
  let words = { verbs: [], keys: [] };
  let shown = [];
  let chosen = 0;

  function close() {
    list.hidden = true;
    shown = [];
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  }

  function update() {
    const before = input.value.slice(0, input.selectionStart);
    shown = candidates(before, words);
    if (shown.length === 0) return close();
    chosen = 0;
    list.replaceChildren(
      ...shown.map(({ label, says }, index) => {
        const option = document.createElement('div');
        option.setAttribute('role', 'option');
        option.id = `complete-${index}`;
        const word = document.createElement('code');
        const note = document.createElement('small');
        word.textContent = label;
        note.textContent = says;
        option.append(word, note);
        option.addEventListener('mousedown', (event) => {
          event.preventDefault();
          take(index);
        });
        return option;
      }),
    );
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
    mark();
  }

  function mark() {
    [...list.children].forEach((option, index) => {
      option.setAttribute('aria-selected', String(index === chosen));
      if (index === chosen) option.scrollIntoView({ block: 'nearest' });
    });
    input.setAttribute('aria-activedescendant', `complete-${chosen}`);
  }

  function take(index) {
    const { insert, replace } = shown[index];
    const at = input.selectionStart;
    input.setRangeText(insert, at - replace, at, 'end');
    input.dispatchEvent(new Event('input'));
    input.focus();
  }

  input.addEventListener('input', update);
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (event) => {
    if (list.hidden) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      chosen = (chosen + (event.key === 'ArrowDown' ? 1 : shown.length - 1)) % shown.length;
      mark();
    } else if (event.key === 'Tab') {
      event.preventDefault();
      take(chosen);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });

  return {
    know: (known) => {
      words = known;
    },
    close,
    set: (text) => {
      input.value = text;
      input.focus();
      input.setSelectionRange(text.length, text.length);
      input.dispatchEvent(new Event('input'));
    },
  };
}

/** What may stand where the caret is: [{label, says, insert, replace}], at most twelve. */
function candidates(before, { verbs, keys }) {
  if (/^\/[a-z]*$/i.test(before) && '/netcost'.startsWith(before.toLowerCase()) && before !== '/netcost') {
    return [{ label: '/netcost', says: 'ask who sends what through NAT', insert: '/netcost ', replace: before.length }];
  }
  const rest = /^\/netcost\s+([\s\S]*)$/i.exec(before)?.[1];
  if (rest === undefined) return [];
  const word = /\S*$/.exec(rest)[0];
  const isFirst = rest.trim() === word;
  const equals = word.indexOf('=');
  if (equals === -1) {
    const fits = (candidate) => candidate.toLowerCase().startsWith(word.toLowerCase());
    const asKey = keys
      .filter(({ word: key }) => fits(key))
      .map(({ word: key, says }) => ({
        label: key.endsWith('.') ? key : `${key}=`,
        says,
        insert: key.endsWith('.') ? key : `${key}=`,
        replace: word.length,
      }));
    const asVerb = isFirst
      ? verbs
          .filter(({ word: verb }) => fits(verb))
          .map(({ word: verb, says }) => ({ label: verb, says, insert: `${verb} `, replace: word.length }))
      : [];
    return [...asKey, ...asVerb].slice(0, 12);
  }
  const typed = word.slice(equals + 1);
  const last = /[^,!]*$/.exec(typed)[0];
  const used = typed
    .split(',')
    .slice(0, -1)
    .map((value) => value.replace(/^!/, ''));
  const values = keys.find(({ word: key }) => key === word.slice(0, equals).toLowerCase())?.values ?? [];
  return values
    .filter((value) => value.startsWith(last.toLowerCase()) && value !== last && !used.includes(value))
    .slice(0, 12)
    .map((value) => ({
      label: value,
      says: '',
      insert: /[\s,"]/.test(value) ? `"${value}"` : value,
      replace: last.length,
    }));
}
