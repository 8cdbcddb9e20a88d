// Checks a receipt, or the manifest of a release, in the browser: everything is read and worked out here, and nothing is sent.
// Words come from the page. The same in Python, for use without any browser: verify_receipt.py.

const place = document.querySelector('[data-verify]');
const list = place.querySelector('.findings');
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

// JSON with sorted keys and no spaces: what was signed (docs/receipts.md, docs/manifests.md).
const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
};

const answer = (name, about = '') => {
  const line = place.querySelector(`[data-answer="${name}"]`).content.cloneNode(true);
  const subject = document.createElement('bdi');
  subject.textContent = about;
  line.querySelector('p').prepend(subject, ' ');
  return line;
};

const signature = async (receipt) => {
  if (!crypto.subtle) return 'cannot-sign';
  let key;
  try {
    key = await crypto.subtle.importKey('raw', bytes(receipt.key.public), 'Ed25519', false, ['verify']);
  } catch (error) {
    if (error.name === 'NotSupportedError') return 'cannot-sign';
    return 'signature-fails';
  }
  const signed = new TextEncoder().encode(canonical(receipt.statement));
  const holds = await crypto.subtle.verify('Ed25519', key, bytes(receipt.signature), signed);
  return holds ? 'signature-holds' : 'signature-fails';
};

const documents = async (receipt, files) => {
  if (!crypto.subtle) return [];
  const named = receipt.statement.files;
  const seen = new Set();
  const lines = [];
  for (const file of files) {
    const digest = hex(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
    const found = named.some((each) => each.sha256 === digest && each.size === file.size);
    if (found) seen.add(digest);
    const holds = receipt.statement.kind === 'withdrawal' ? 'file-withdrawn' : 'file-holds';
    lines.push(answer(found ? holds : 'file-fails', file.name));
  }
  if (receipt.statement.kind === 'withdrawal') return lines;
  return [...lines, ...named.filter((each) => !seen.has(each.sha256)).map((each) => answer('file-open', each.name))];
};

const check = async (chosen, files) => {
  try {
    const receipt = JSON.parse(await chosen.text());
    const { format, title, entity, at, output } = receipt.statement;
    const about = { 'cwg-receipt/1': () => `${title} · ${entity}`, 'cwg-release/1': () => `${output.titles[output.original]} · ${output.symbol}` };
    if (!Object.hasOwn(about, format)) throw new TypeError(format);
    const known = place.dataset.keys.split(' ').includes(receipt.key.public);
    return [
      answer(format, `${about[format]()} · ${at}`),
      answer(await signature(receipt)),
      answer(known ? 'key-known' : 'key-unknown', receipt.key.public),
      ...receipt.statement.kind === 'withdrawal' ? [answer('withdrawal', output.symbol)] : [],
      ...await documents(receipt, files),
    ];
  } catch {
    return [answer('no-receipt', chosen.name)];
  }
};

// Choosing again while a large file is read must not show the answer to the earlier choice.
let turn = 0;
const [receipt, files] = place.querySelectorAll('input');
place.addEventListener('change', async () => {
  const mine = ++turn;
  const lines = receipt.files.length ? await check(receipt.files[0], [...files.files]) : [];
  if (mine === turn) list.replaceChildren(...lines);
});
place.hidden = false;
