/**
 * The text of an e-mail's body: the header is left out, of a multipart body only its text parts count, transfer
 * encodings are undone and HTML's tags taken away. Attachments, part headers and boundaries are no text; they would
 * tell the mailer apart rather than the message.
 */
export function bodyText(message) {
  return partText(message).replace(/\s+/g, ' ').trim();
}

function partText(part) {
  const { header, body } = divide(part.replaceAll('\r\n', '\n'));
  const type = field(header, 'content-type') ?? 'text/plain';
  const boundary = /boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))/i.exec(type);
  if (/^multipart\//i.test(type) && boundary) {
    const parts = split(body, boundary[1] ?? boundary[2]);
    // The same message as plain text and as HTML: the plain one, where it says anything.
    if (/^multipart\/alternative/i.test(type))
      return parts.map(partText).find((text) => text.trim() !== '') ?? '';
    return parts.map(partText).join('\n');
  }
  if (/^message\//i.test(type)) return partText(body);
  if (!/^text\b/i.test(type)) return '';
  const text = decoded(body, field(header, 'content-transfer-encoding') ?? '', type);
  return /^text\/html/i.test(type) || /<html|<body/i.test(text) ? withoutTags(text) : text;
}

function divide(part) {
  // A part without a header begins with the blank line.
  if (part.startsWith('\n')) return { header: '', body: part };
  const end = part.indexOf('\n\n');
  return end < 0 ? { header: part, body: '' } : { header: part.slice(0, end), body: part.slice(end + 2) };
}

function field(header, name) {
  const found = new RegExp(`^${name}:[ \\t]*(.*(?:\\n[ \\t]+.*)*)`, 'im').exec(header);
  return found?.[1].trim();
}

function split(body, boundary) {
  const pieces = `\n${body}`.split(`\n--${boundary}`);
  // Before the first boundary comes a note to old mailers; `--` after a boundary ends the list.
  return pieces
    .slice(1)
    .filter((piece) => !piece.startsWith('--'))
    .map((piece) => piece.slice(piece.indexOf('\n') + 1));
}

function decoded(body, encoding, type) {
  if (/base64/i.test(encoding)) return inCharset(Buffer.from(body, 'base64'), type);
  if (!/quoted-printable/i.test(encoding)) return body;
  const bytes = body
    .replace(/=[ \t]*\n/g, '')
    .replace(/=([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
  return inCharset(Buffer.from(bytes, 'latin1'), type);
}

function inCharset(bytes, type) {
  const charset = /charset\s*=\s*"?([\w-]+)/i.exec(type)?.[1] ?? 'latin1';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

const entities = { nbsp: ' ', amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function withoutTags(html) {
  return html
    .replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, ' ')
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/<\/?(?:br|p|div|td|tr|th|li|table|h[1-6]|title|option)\b[^>]*>/gi, ' ')
    .replace(/<[!/a-z][^>]*>/gi, '')
    .replace(/&#(\d{1,7});/g, (_, code) =>
      Number(code) < 0x110000 ? String.fromCodePoint(Number(code)) : ' ',
    )
    .replace(/&(\w+);/g, (whole, name) => entities[name.toLowerCase()] ?? whole);
}
