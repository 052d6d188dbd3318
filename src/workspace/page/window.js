// Windows (modals): shows what the server renders, tells it each change, keeps focus and caret over its updates.

/** Shows and hides the dialog; `send` tells the server. */
export function createWindow(dialog, send) {
  let timer;
  const view = () => dialog.querySelector('[data-view]')?.dataset.view ?? '';

  function show(html) {
    if (html === '') {
      if (dialog.open) dialog.close();
      dialog.replaceChildren();
      return;
    }
    const held = dialog.contains(document.activeElement) ? document.activeElement : null;
    const place =
      held === null
        ? null
        : {
            id: held.id,
            value: held.value,
            from: held.selectionStart,
            to: held.selectionEnd,
            scroll: dialog.querySelector('.modal-body')?.scrollTop ?? 0,
          };
    dialog.innerHTML = html;
    for (const many of dialog.querySelectorAll('[data-kind="many"]')) limit(many);
    if (!dialog.open) dialog.showModal();
    const body = dialog.querySelector('.modal-body');
    if (place !== null && place.id !== '') {
      const again = document.getElementById(place.id);
      if (again !== null) {
        // The server has heard what was typed a moment ago; the box may hold a letter more.
        if (again.type === 'text') again.value = place.value;
        again.focus();
        if (again.type === 'text') again.setSelectionRange(place.from, place.to);
      }
      body.scrollTop = place.scroll;
    } else {
      dialog.querySelector('[data-input] input, [data-input]')?.focus();
    }
  }

  /** No more than Slack lets choose: the others are switched off. */
  function limit(many) {
    const max = Number(many.dataset.max ?? Number.POSITIVE_INFINITY);
    const boxes = [...many.querySelectorAll('input')];
    const full = boxes.filter((box) => box.checked).length >= max;
    for (const box of boxes) box.disabled = full && !box.checked;
  }

  function tell(input) {
    const { block, action, kind } = input.dataset;
    const state =
      kind === 'many'
        ? { values: [...input.querySelectorAll('input:checked')].map((box) => box.value) }
        : { value: input.value };
    return send('change', { view: view(), block, action, state });
  }

  dialog.addEventListener('input', (event) => {
    const input = event.target.closest('[data-input]');
    if (input === null) return;
    if (input.dataset.kind === 'many') limit(input);
    clearTimeout(timer);
    timer = setTimeout(() => tell(input), input.dataset.kind === 'text' ? 180 : 0);
  });

  dialog.addEventListener('submit', async (event) => {
    event.preventDefault();
    clearTimeout(timer);
    // What was typed last may not have been told yet.
    await Promise.all([...dialog.querySelectorAll('[data-input]')].map((input) => tell(input)));
    const { errors } = await send('submit', { view: view() });
    for (const line of dialog.querySelectorAll('[data-error]')) line.textContent = errors?.[line.dataset.error] ?? '';
    dialog.querySelector('[data-error]:not(:empty)')?.scrollIntoView({ block: 'nearest' });
  });

  dialog.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button?.dataset.close !== undefined) send('close', { view: view() });
    else if (button?.dataset.action !== undefined)
      send('press', { view: view(), block: button.dataset.block, action: button.dataset.action });
  });

  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    send('close', { view: view() });
  });

  return { show };
}
