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

// The ledger (docs/ledger.md): the line that names what was signed, a proof that leads from it to a head, and who signed that.
const encode = (text) => new TextEncoder().encode(text);
const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest('SHA-256', joined(...parts)));
const leaf = (entry) => sha256([0], encode(entry));
const node = (left, right) => sha256([1], left, right);

// RFC 9162, 2.1.3.2.
const rootAbove = async (index, size, entry, proof) => {
  if (!(index >= 0 && index < size)) return null;
  let [here, last, root] = [index, size - 1, await leaf(entry)];
  const up = () => { [here, last] = [Math.floor(here / 2), Math.floor(last / 2)]; };
  for (const sibling of proof) {
    if (last === 0) return null;
    if (here % 2 || here === last) {
      root = await node(sibling, root);
      while (here && here % 2 === 0) up();
    } else {
      root = await node(root, sibling);
    }
    up();
  }
  return last === 0 ? root : null;
};

const proofIn = (text) => {
  const [first, note] = [text.slice(0, text.indexOf('\n\n')), text.slice(text.indexOf('\n\n') + 2)];
  const lines = first.split('\n');
  const at = lines[1].startsWith('extra ') ? 2 : 1;
  const end = note.lastIndexOf('\n\n');
  const [origin, size, root] = note.slice(0, end).split('\n');
  const signed = note.slice(end + 2).trimEnd().split('\n').map((line) => line.split(' '));
  const isRead = lines[0] === 'c2sp.org/tlog-proof@v1' && /^index \d{1,15}$/.test(lines[at]) && /^\d{1,15}$/.test(size) && end > 0;
  if (!isRead) throw new TypeError('proof');
  return {
    index: Number(lines[at].slice(6)), proof: lines.slice(at + 1).map(bytes),
    head: { origin, size: Number(size), root: bytes(root), text: note.slice(0, end + 1), signed },
  };
};

// The portal signs with one key for each purpose (docs/receipts.md): what nobody did, the worker signs with that of releases.
const keysOf = { receipts: place.dataset.keysReceipts.split(' '), releases: place.dataset.keysReleases.split(' '), ledger: place.dataset.keysLedger.split(' ') };
const keysFor = ({ format, kind, person }) => {
  if (format !== 'cwg-receipt/1' || kind === 'release') return keysOf.releases;
  return person === null ? [...keysOf.releases, ...keysOf.receipts] : keysOf.receipts;
};

// A note names a key by four bytes; those of the keys of the ledger are tried.
const isHeadSigned = async ({ origin, text, signed }) => {
  for (const raw of keysOf.ledger.map(bytes)) {
    const id = hex((await sha256(encode(`${origin}\n`), [1], raw)).slice(0, 4));
    const key = await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify']);
    for (const [, name, both] of signed) {
      const whole = name === origin ? bytes(both) : [];
      if (hex(whole.slice(0, 4)) === id && await crypto.subtle.verify('Ed25519', key, whole.slice(4), encode(text))) return true;
    }
  }
  return false;
};

const ledger = async ({ statement, log }) => {
  if (!log) return answer('ledger-open');
  try {
    const { index, proof, head } = proofIn(log.proof);
    const line = strictly(log.entry);
    const digest = hex(await sha256(encode(canonical(statement))));
    const root = await rootAbove(index, head.size, log.entry, proof);
    const holds = [line.facts.receipt, line.facts.manifest].includes(digest) && line.seq === index + 1
      && root && hex(root) === hex(head.root) && head.origin === `${statement.portal.split('://')[1]}/ledger` && await isHeadSigned(head);
    return answer(holds ? 'ledger-holds' : 'ledger-fails', `${index + 1} / ${head.size}`);
  } catch (error) {
    return error.name === 'NotSupportedError' ? answer('cannot-sign') : answer('ledger-fails');
  }
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
  const signed = encode(canonical(receipt.statement));
  const holds = await crypto.subtle.verify('Ed25519', key, bytes(receipt.signature), signed);
  return holds ? 'signature-holds' : 'signature-fails';
};

const documents = async (receipt, files) => {
  if (!crypto.subtle) return [];
  const named = receipt.statement.files.flatMap((each) => (each.pdf ? [each, each.pdf] : [each])); // a text, and its PDF
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

// JSON in which a name stands once in each object, and numbers are whole: else two readers could read two receipts.
const members = (value) => (value === null || typeof value !== 'object' ? 0
  : (Array.isArray(value) ? 0 : Object.keys(value).length) + Object.values(value).reduce((sum, each) => sum + members(each), 0));
const strictly = (text) => {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"/g, '');
  const read = JSON.parse(text);
  if (/\d[.eE]/.test(bare) || bare.split(':').length - 1 !== members(read)) throw new TypeError('strict');
  return read;
};

const check = async (chosen, files) => {
  try {
    const receipt = strictly(await chosen.text());
    const { format, title, titles, original, symbol, kind, entity, at, output } = receipt.statement;
    const about = { 'cwg-receipt/1': () => [title ?? titles?.[original] ?? kind, entity ?? symbol].filter(Boolean).join(' · '), 'cwg-release/1': () => `${output.titles[output.original]} · ${output.symbol}` };
    if (!Object.hasOwn(about, format)) throw new TypeError(format);
    const known = keysFor(receipt.statement).includes(receipt.key.public);
    return [
      answer(format, `${about[format]()} · ${at}`),
      answer(await signature(receipt)),
      answer(known ? 'key-known' : 'key-unknown', receipt.key.public),
      ...receipt.statement.kind === 'withdrawal' ? [answer('withdrawal', output.symbol)] : [],
      ...(crypto.subtle ? [await ledger(receipt)] : []),
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
