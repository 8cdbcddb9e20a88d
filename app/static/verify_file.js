// Says of files whether they were released here. Each is read and its digest worked out in the browser; the list of all
// digests is fetched whole, so that nothing tells which one was looked for. Words come from the page.

const place = document.querySelector('[data-verify-file]');
const list = place.querySelector('.findings');
const input = place.querySelector('input');
const language = document.documentElement.lang;
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

// Dates as the server writes them: in British English, and the Russian year in full.
const locale = language === 'en' ? 'en-GB' : language;

const answer = (name, file, output, code) => {
  const line = place.querySelector(`[data-answer="${name}"]`).content.cloneNode(true);
  const parts = [document.createElement('bdi')];
  parts[0].textContent = file;
  if (output) {
    const link = document.createElement('a');
    link.href = output.href;
    link.textContent = output.symbol;
    const tongue = new Intl.DisplayNames([language], { type: 'language' }).of(code);
    const released = new Date(output.withdrawn_on ?? output.released_on);
    const day = released.toLocaleDateString(locale, { dateStyle: 'long', timeZone: 'UTC' }).replace(/\sг\.$/, ' года');
    parts.push(link, `(${tongue}, ${day})`);
  }
  line.querySelector('p').prepend(...parts.flatMap((part) => [part, ' ']));
  return line;
};

let known;
const everything = () => {
  known ??= fetch('/verify/digests.json').then((got) => (got.ok ? got.json() : Promise.reject(got.status)));
  known.catch(() => { known = undefined; });
  return known;
};

const check = async (file) => {
  try {
    const released = await everything();
    const digest = hex(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
    const found = released.filter(({ files }) => Object.hasOwn(files, digest));
    return found.length
      ? found.map((output) => answer(output.withdrawn_on ? 'withdrawn' : 'released', file.name, output, output.files[digest]))
      : [answer('unknown', file.name)];
  } catch {
    return [answer('cannot', file.name)];
  }
};

// Choosing again while a large file is read must not show the answer to the earlier choice.
let turn = 0;
input.addEventListener('change', async () => {
  const mine = ++turn;
  const lines = [];
  for (const file of input.files) lines.push(...await check(file));
  if (mine === turn) list.replaceChildren(...lines);
});
place.hidden = false;
