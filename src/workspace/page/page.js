// The page of the local workspace: shows what the server renders, and tells it what a person does. No framework, no
// markup of its own from data: text goes in as text, and HTML comes from the server's escaping renderer alone.
import { createCompletion } from './complete.js';
import { createWindow } from './window.js';

const $ = (id) => document.getElementById(id);
const state = { user: '', channel: '', channels: [], thread: '', examples: [] };
let events;

/** Sends what a person did. The header keeps pages of other sites from doing the same. */
async function send(name, body) {
  const response = await fetch(`/client/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-workspace': '1' },
    body: JSON.stringify({ user: state.user, ...body }),
  });
  const answer = await response.json().catch(() => ({ error: 'The workspace did not answer.' }));
  if (!response.ok) toast(answer.error ?? 'That did not work.');
  return answer;
}

async function read(name, query = {}) {
  const response = await fetch(`/client/${name}?${new URLSearchParams({ user: state.user, ...query })}`);
  return response.json();
}

const completion = createCompletion($('line'), $('complete'));
const modal = createWindow($('window'), send);

async function start(user) {
  state.user = user;
  const info = await read('start');
  Object.assign(state, { user: info.me.id, channels: info.channels, examples: info.examples });
  localStorage.setItem('user', state.user);
  completion.know(info.completions);
  $('team-name').textContent = info.team;
  $('me-title').textContent = info.me.title;
  $('clock').hidden = !info.canMakeTomorrow;
  $('clock-words').textContent = info.clock;
  listAlerts(info.alerts);
  $('person').replaceChildren(
    ...info.people.map((person) => new Option(person.name, person.id, false, person.id === state.user)),
  );
  const wanted = new URLSearchParams(location.search).get('channel') ?? localStorage.getItem('channel');
  listen();
  await show((info.channels.find((channel) => channel.id === wanted) ?? info.channels[0]).id);
}

function listChannels() {
  const line = (channel) => {
    const item = document.createElement('li');
    const button = document.createElement('button');
    const sign = document.createElement('span');
    button.type = 'button';
    button.dataset.channel = channel.id;
    button.setAttribute('aria-current', String(channel.id === state.channel));
    sign.className = channel.kind === 'private' ? 'sign lock' : 'sign';
    sign.setAttribute('aria-hidden', 'true');
    sign.textContent = channel.kind === 'im' ? '◆' : channel.kind === 'private' ? '' : channel.isExternal ? '⇄' : '#';
    button.append(sign, channel.name);
    if (channel.unread) {
      const dot = document.createElement('span');
      dot.className = 'unread';
      dot.setAttribute('role', 'img');
      dot.setAttribute('aria-label', 'new messages');
      button.append(dot);
    }
    item.append(button);
    return item;
  };
  $('channels').replaceChildren(...state.channels.filter((channel) => channel.kind !== 'im').map(line));
  $('apps').replaceChildren(...state.channels.filter((channel) => channel.kind === 'im').map(line));
}

async function show(channelId) {
  const channel = state.channels.find((each) => each.id === channelId);
  state.channel = channelId;
  channel.unread = false;
  localStorage.setItem('channel', channelId);
  closeThread();
  openSide(false);
  const isDirect = channel.kind === 'im';
  $('channel-name').textContent = isDirect ? channel.name : `# ${channel.name}`;
  $('channel-topic').textContent = channel.topic;
  $('channel-people').textContent = `${channel.people} ${channel.people === 1 ? 'person' : 'people'}`;
  $('tabs').hidden = !isDirect;
  $('line').placeholder = isDirect
    ? 'Ask netcost: since=24h by=team'
    : `Message #${channel.name}, or /netcost and a question`;
  showTab('messages');
  showWelcome(channel);
  $('examples').replaceChildren(
    ...state.examples.map((text) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = text;
      button.addEventListener('click', () => completion.set(text));
      return button;
    }),
  );
  listChannels();
  const { messages } = await read('messages', { channel: channelId });
  if (state.channel !== channelId) return;
  $('messages').replaceChildren();
  for (const message of messages) put($('messages'), message);
  toEnd($('scroll'));
}

function showWelcome(channel) {
  const title = document.createElement('h2');
  const text = document.createElement('p');
  title.textContent = channel.kind === 'im' ? 'netcost' : `# ${channel.name}`;
  text.textContent =
    channel.kind === 'im'
      ? 'Write a question here, without the slash. The Home tab shows what netcost can do for you.'
      : 'Ask who sends bytes through the NAT gateway, to whom, and for how many dollars. Type /netcost, or press one of the questions below.';
  $('welcome').replaceChildren(title, text);
}

/** Adds a message, or puts its new form in place of the old one. */
function put(list, message) {
  const template = document.createElement('template');
  template.innerHTML = message.html;
  const next = template.content.firstElementChild;
  const old = list.querySelector(`[data-ts="${CSS.escape(message.ts)}"]`);
  if (old === null) {
    const after = [...list.children].find((each) => each.dataset.ts > message.ts);
    list.insertBefore(next, after ?? null);
    return next;
  }
  const held = old.contains(document.activeElement) ? document.activeElement.dataset.action : undefined;
  old.replaceWith(next);
  if (held !== undefined) (next.querySelector(`[data-action="${CSS.escape(held)}"]`) ?? next).focus();
  return next;
}

function listen() {
  events?.close();
  events = new EventSource(`/client/events?user=${encodeURIComponent(state.user)}`);
  events.onmessage = ({ data }) => take(JSON.parse(data));
  // After a break the stream may have missed something: read the channel anew.
  let broke = false;
  events.onerror = () => {
    broke = true;
  };
  events.onopen = () => {
    if (broke && state.channel !== '') show(state.channel);
    broke = false;
  };
}

function take(event) {
  if (event.kind === 'window') return modal.show(event.html);
  if (event.kind === 'home') {
    $('home').innerHTML = event.html;
    return;
  }
  if (event.kind === 'deleted') {
    for (const each of document.querySelectorAll(`[data-ts="${CSS.escape(event.ts)}"]`)) each.remove();
    return;
  }
  if (event.kind !== 'message') return;
  if (event.channel !== state.channel) return noteUnread(event.channel);
  if (event.threadTs === null) keepEnd($('scroll'), () => put($('messages'), event));
  if (state.thread !== '' && (event.threadTs === state.thread || event.ts === state.thread))
    keepEnd($('thread-scroll'), () => put($('thread-messages'), event));
}

function noteUnread(channelId) {
  const channel = state.channels.find((each) => each.id === channelId);
  if (channel === undefined || channel.unread) return;
  channel.unread = true;
  listChannels();
}

/** Follows what comes in where the reader is at the end; of a message taller than the view its beginning is shown. */
function keepEnd(scroller, change) {
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 160;
  const message = change();
  if (!atEnd && message.contains(document.activeElement) === false) return;
  if (message.offsetHeight > scroller.clientHeight - 12) message.scrollIntoView({ block: 'start' });
  else toEnd(scroller);
}

function toEnd(scroller) {
  scroller.scrollTop = scroller.scrollHeight;
}

async function openThread(ts) {
  state.thread = ts;
  $('thread').hidden = false;
  document.querySelector('.app').classList.add('with-thread');
  const { messages } = await read('messages', { channel: state.channel, thread: ts });
  $('thread-messages').replaceChildren();
  for (const message of messages) put($('thread-messages'), message);
  toEnd($('thread-scroll'));
  $('thread-line').focus();
}

function closeThread() {
  state.thread = '';
  $('thread').hidden = true;
  document.querySelector('.app').classList.remove('with-thread');
}

function showTab(tab) {
  const isHome = tab === 'home';
  for (const button of $('tabs').children) button.setAttribute('aria-pressed', String(button.dataset.tab === tab));
  $('home').hidden = !isHome;
  for (const id of ['scroll', 'composer', 'examples']) $(id).hidden = isHome;
}

function openSide(open) {
  document.querySelector('.app').classList.toggle('side-open', open);
  $('menu').setAttribute('aria-expanded', String(open));
}

let toastTimer;
function toast(text) {
  $('toast').textContent = text;
  $('toast').hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => {
    $('toast').hidden = true;
  }, 5000);
}

function composer(form, input, thread) {
  const grow = () => {
    input.style.height = 'auto';
    input.style.height = `${input.scrollHeight}px`;
  };
  input.addEventListener('input', grow);
  input.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text === '') return;
    input.value = '';
    grow();
    completion.close();
    toEnd($(thread ? 'thread-scroll' : 'scroll'));
    send('say', { channel: state.channel, text, ...(thread ? { thread: state.thread } : {}) });
  });
}

composer($('composer'), $('line'), false);
composer($('thread-composer'), $('thread-line'), true);

document.addEventListener('click', async (event) => {
  const target = event.target.closest('button');
  if (target === null) return;
  const message = target.closest('.message');
  if (target.dataset.channel) return show(target.dataset.channel);
  if (target.dataset.thread) return openThread(target.dataset.thread);
  if (target.dataset.shortcut)
    return send('shortcut', {
      channel: message.dataset.channel,
      ts: message.dataset.ts,
      shortcut: target.dataset.shortcut,
    });
  if (target.dataset.tab) {
    showTab(target.dataset.tab);
    if (target.dataset.tab === 'home') await send('home', {});
    return;
  }
  if (target.dataset.themeChoice) return setTheme(target.dataset.themeChoice);
  if (target.dataset.action === undefined || target.closest('dialog')) return;
  target.setAttribute('aria-busy', 'true');
  const place =
    message === null
      ? { view: target.closest('[data-view]').dataset.view }
      : { channel: message.dataset.channel, ts: message.dataset.ts };
  await send('press', { ...place, block: target.dataset.block, action: target.dataset.action });
  target.removeAttribute('aria-busy');
});

$('tomorrow').addEventListener('click', async () => {
  const button = $('tomorrow');
  const label = button.textContent;
  button.disabled = true;
  button.textContent = 'A day passes …';
  const answer = await send('tomorrow', {});
  button.disabled = false;
  button.textContent = label;
  if (answer.clock === undefined) return;
  $('clock-words').textContent = answer.clock;
  toast(`It is ${answer.clock}. New messages are where a dot is.`);
});
/** One button for each incident that may happen here. */
function listAlerts(alerts) {
  $('alerts').hidden = alerts.length === 0;
  $('alerts').replaceChildren(
    ...alerts.map(({ id, label }) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.dataset.alert = id;
      button.textContent = label;
      button.addEventListener('click', async () => {
        button.disabled = true;
        const answer = await send('alert', { alert: id });
        button.disabled = false;
        if (answer.channel === undefined) return;
        if (state.channel !== answer.channel && state.channels.some((each) => each.id === answer.channel))
          await show(answer.channel);
        openSide(false);
        toast('The alert is on its way: its thread begins in a moment.');
      });
      return button;
    }),
  );
}

$('menu').addEventListener('click', () => openSide($('menu').getAttribute('aria-expanded') !== 'true'));
$('thread-close').addEventListener('click', closeThread);
$('person').addEventListener('change', () => start($('person').value));
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !$('window').open) {
    if (document.querySelector('.app').classList.contains('side-open')) openSide(false);
    else if (state.thread !== '') closeThread();
  }
  if (
    event.key === '/' &&
    !event.ctrlKey &&
    !event.metaKey &&
    !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? '') &&
    !$('window').open
  ) {
    event.preventDefault();
    completion.set('/netcost ');
  }
});

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem('theme', theme);
  for (const button of document.querySelectorAll('[data-theme-choice]'))
    button.setAttribute('aria-pressed', String(button.dataset.themeChoice === theme));
}

setTheme(localStorage.getItem('theme') ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'));
start(new URLSearchParams(location.search).get('user') ?? localStorage.getItem('user') ?? '');
