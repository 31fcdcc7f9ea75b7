// Makes urls.txt: what the URL Standard makes of URLs as lists and Location fields
// have them. README.md says how it is run.
import { URL as Standard } from "whatwg-url";

let state = 20261122;
function random(n) { // xorshift32
  state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
  return (state >>> 0) % n;
}
const one = (a) => a[random(a.length)];
const maybe = (percent, f) => (random(100) < percent ? f() : "");
const times = (n, f) => Array.from({ length: n }, f).join("");

const schemes = ["http", "https", "HTTP", "hTTps"];
const otherSchemes = ["ftp", "file", "ws", "javascript", "data", "mailto", "gopher", "dict", "h", "a.b", "1http", "ht+tp", "ht tp", "", "blob", "about"];
const slashes = ["//", "//", "//", "//", "//", "//", "//", "//", "/", "", "///", "\\\\", "\\/", "/\\", "////", "\\"];
const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
const odd = ["\x00", "\x01", "\x1f", "\x7f", "\t", "\n", "\r", "\u0080", "\u00a0", "\u200b", "\u202e", "\ufeff", "\ufffd", "\ufdd0", "\u{1f600}", "\u{e0001}", "\u{10ffff}", "é", "ß", "中", "İ"];
const escapes = ["%", "%2", "%zz", "%2e", "%2E", "%2f", "%5C", "%00", "%0a", "%20", "%25", "%41", "%3a", "%40", "%C3%A9", "%c3", "%ff", "%EF%BB%BF", "%e2%80%8b", "%u1234", "%%", "%23", "%3f"];
const bytes = ["\xff", "\xe9", "\xc3\x28", "\x80", "\xed\xa0\x80", "\xf5"].map((s) => Buffer.from(s, "latin1"));

const names = ["a.example", "www.Example.COM", "a_b.example", "a-b.example", "-a.example", "a-.example", "a--b.example", "ab--c.example", "localhost", "a", "A.", "a..", "a..b", ".a", ".", "..", "a.example.", "0a.example", "a.0b", "x.1a", "a.0x", "a.0xg", "a.09", "a.1", "a.-1", "-1", "+1", "1.+2", "a.1.", "1e3", "0x", "0x.", "0X.0x", "08", "0x0x1", "a".repeat(64) + ".example"];
const idns = ["bücher.example", "BÜCHER.example", "faß.de", "FAẞ.de", "βόλος.com", "ΒΌΛΟΣ.com", "نامه‌ای.com", "a‌b.example", "a‍b.example", "क्‍ष.example", "日本語。ＪＰ", "☃.net", "💩.la", "👩‍👩‍👧.example", "ｅｘａｍｐｌｅ.com", "Ⅷ.example", "１２７.０.０.１", "１.example", "a\u00ad.example", "\u00ad", "\u200b", "a\u2060b.c", "ex\u0301ample.com", "\u0301a.com", "e\u0301.com", "İstanbul.example", "ıx.example", "ǆ.example", "ﬀ.example", "℡.example", "½.example", "a\u2044b.example", "a∕b.example", "ａ／ｂ", "a．b", "a｡b", "․.example", "a‥b", "א.example", "אa.example", "aא.example", "1א.example", "א1.example", "א.1x", "a.א", "٠.example", "ا٠1.example", "xn--a.א", "é%C3%A9.example", "a\ufffdb.c", "a\ufdd0b.c", "a\ue000.c", "\u{e0100}a.c", "a\u180e.c", "鿿.example", "\u{31350}.example", "\u{2ebf0}.example", "꟱.example", "\u{11f00}.example", "\u{1c89}.example", "\u{a7da}.example", "ß.ẞ", "ς.Σ", "％41.example", "a＃b", "a＠b", "a：80", "［::1］", "≠.example", "a≠b.com", "=\u0338.com", "≯x.com", "\u1806a.com", "a\u034fb.com", "Ａ．1", "x.１", "x.0ｘ1", "\u115f.com", "ㅤ.com", "\u3164x.com", "𑀁.com", "ᧈ.x", "ヽ.x", "゛x.x", "a\u{1d165}.x", "\u2f868.x"];
const punycodes = ["xn--bcher-kva.example", "XN--BCHER-KVA.example", "Xn--bcher-kva", "xn--bcher-KVA", "xn--", "xn--.example", "xn--a", "xn--a-", "xn---", "xn----", "xn--zn7c.com", "xn--ls8h.la", "xn--fa-hia.de", "xn--1ch.com", "xn--xn--a-ecp.ru", "xn--0ca.x", "xn--8i7caa.x", "xn--u-ccb", "xn--55qw42g.example", "xn--bcher-kva-.example", "xn--a-ecp.ru", "xn--mgba3gch31f060k.com", "xn--1a", "a.xn--b", "xn--ab-c.example", "xn--pokxncvks", "xn--bü-kva.example", "xn--bcher_kva.x", "xn--99999999", "xn--iñvalid.com", "a.b.xn--", "xn--a_b-0qa.x", "xn--example-", "xn--0000h", "xn--ewm", "xn--1ug", "xn--ab-j1t", "xn--4gbrim", "xn--a-0hc.a"];
const numbers = ["0", "1", "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f.1", "0x7F.0X1", "0177.1", "0x7f000001", "017700000001", "256.1.1.1", "1.256", "1.65536", "1.65535", "1.1.256", "1.1.65536", "1.1.1.256", "1.2.3.4.5", "1.2.3.4.", "1.2.3.4..", "1..2", "1.2.3.", ".1", "1.", "1.0x", "0x.0x.0x.0x", "0x100000000", "4294967295", "4294967296", "040000000000", "037777777777", "99999999999999999999999", "0xffffffffffffffffffff", "1.0xFFFFFF", "1.0x1000000", "09", "08.1", "1.2.3.09", "0x1g", "1.2.3.4x", "1_0", "1.2.3.0x4", "00000000000000000000000000000177.1", "0.0.0.0", "255.255.255.255", "256.0x", "1.2.3.٤", "%31.2", "１.2", "1。2", "192.168.0.257", "10.0.0.08", "0b1", "0o7", "-1.2", "1.-2", "1.2.3.4e1", "0x7f.0.0.1.", "a.127.0.0.1", "1.2.3.a", "1,2", "1:2"];
const sixes = ["::1", "::", "0:0:0:0:0:0:0:1", "1:0:0:2:0:0:0:3", "1:0:0:2:3:0:0:4", "1:0:2::", "2001:DB8::80", "::ffff:1.2.3.4", "::FFFF:c0a8:1", "::1.2.3.4", "1::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8", "1::2::3", ":::", ":1", "1:", "1:2", "", "g::", "12345::", "00001::", "0001::", "fe80::1%25eth0", "fe80::1%eth0", "::1%", "::01.2.3.4", "::1.2.3", "::1.2.3.4.5", "::1.2.3.256", "::1.2.3.04", "::1.2.3.4:5", "::.1.2.3", "::1.2.3.", "::1..2", "v1.a", "::%31", "::１", "[::1]", "::1]", "[::1", "::0x1", "1:0:0:0:1:0:0:0", "0:0:1::0", "64:ff9b::8.8.8.8", "::ffff:0:0", "0::0:0", "::1 ", "::1\n"];
const forbidden = ["\x00", "\x01", " ", "#", "/", ":", "<", ">", "?", "@", "[", "\\", "]", "^", "|", "%", "\x7f", "!", "$", "&", "'", "(", ")", "*", "+", ",", ";", "=", "`", "{", "}", "~", '"', "_", "-", "%20", "%00", "%2f", "%3a", "%25", "%40", "%5b", "%C3", "%FF"];
const plainHosts = ["a.example", "a.example", "www.example.com", "h"];

function host() {
  switch (random(10)) {
    case 0: return one(names);
    case 1: case 2: return one(idns);
    case 3: return one(punycodes);
    case 4: return one(numbers);
    case 5: return "[" + one(sixes) + maybe(95, () => "]") + maybe(5, () => one(["x", ".", "]", "[", " "]));
    case 6: return one(plainHosts) + one(forbidden) + one(["b", "", ".c", "1"]);
    case 7: return maybe(50, () => one(["www.", "a.", "1.", "xn--a."])) + one([...names, ...idns, ...punycodes, ...numbers]) + maybe(50, () => one([".example", ".", ".1", ".com", ".xn--ls8h"]));
    default: return one(plainHosts);
  }
}
const ports = ["", ":", ":80", ":443", ":0", ":00", ":1", ":080", ":00000000443", ":8080", ":65535", ":65536", ":99999999999999999999", ":x", ":8x", ":-1", ":+80", ":8 0", ": 80", ":8%30", ":８０", ":80:80", ":\t80"];
const stuff = (n) => times(random(n), () => one([one(ascii), one(ascii), one(odd), one(escapes), "a"]));
const userinfo = () => one(["u@", "u:p@", ":@", "@", "u:@", ":p@", "u:p:q@", "u@v@", "u%40v:p%3aq@", stuff(6) + "@", stuff(4) + ":" + stuff(4) + "@"]);
const segments = ["", "", ".", "..", "a", "b.c", "%2e", "%2E%2e", ".%2e", "%2e.", "...", "..a", "a..", "%2e%2e%2e", ".%2", "%2e;", "..;", "C:", "c|", "~", "%2f", "%5c"];
const path = () => times(random(6), () => one(["/", "/", "/", "/", "\\", "//"]) + one([one(segments), one(segments), stuff(5)]));
const query = () => maybe(40, () => "?" + one(["", "q=1", "a?b", "'\"<>", stuff(8), "/../x", "\\"]));
const fragment = () => maybe(20, () => "#" + one(["", "f", "a#b", stuff(5), "/../"]));
const authority = () => maybe(20, userinfo) + host() + maybe(25, () => one(ports));
const rest = () => maybe(85, () => path()) + query() + fragment();

// Lists are read more strictly; most of their lines shall get beyond that.
function listed() {
  return one(schemes) + "://" + authority() + rest();
}
function absolute() {
  const scheme = random(100) < 92 ? one(schemes) : one(otherSchemes);
  return scheme + one([":", ":", ":", ":", ":", ":", ":", ":", ":", ":", ":", ":", ":", ":", "", "::"]) + one(slashes) + authority() + rest();
}
function relative() {
  return one([
    () => one(["//", "\\\\", "/\\", "\\/", "///"]) + authority() + rest(),
    () => one(["/", "\\"]) + one(segments) + rest(),
    () => one([...segments, stuff(4)]) + rest(),
    () => "?" + stuff(6) + fragment(),
    () => "#" + stuff(4),
    () => one(schemes) + ":" + one([...segments, stuff(4)]) + rest(),
    () => one(["http:", "https:", "HTTPS:"]) + one(["", "/", "//", "\\", "?q", "#f", "..", "/.."]) + one(segments),
  ])();
}
// mutate puts a byte or two where none belongs.
function mutate(s) {
  let b = Buffer.from(s);
  for (let n = random(2); n >= 0; n--) {
    const at = random(b.length + 1);
    const insert = one([() => Buffer.from(one(odd)), () => one(bytes), () => Buffer.from(one(escapes)), () => Buffer.from(one(ascii)), () => Buffer.from(one(["\t", "\n", "\r", " ", "\\", "@", ":", "//"]))])();
    b = Buffer.concat([b.subarray(0, at), insert, b.subarray(at + (random(3) === 0 ? 1 : 0))]);
  }
  return b;
}

// asChrome is a Location as browsers read it: bytes that are not ASCII are
// escaped before anything else, so that they arrive as they came.
const asChrome = (b) => Array.from(b, (c) => (c < 0x80 ? String.fromCharCode(c) : "%" + c.toString(16).toUpperCase())).join("");
const isUTF8 = (b) => Buffer.from(b.toString("utf8")).equals(b);

function parse(U, text, base) {
  try { return base === "" ? new U(text) : new U(text, base); } catch { return null; }
}
function decode(s) { // percent-decode, to bytes
  const b = [];
  for (let i = 0; i < s.length; i++) {
    if (s[i] === "%" && /^[0-9a-fA-F]{2}$/.test(s.slice(i + 1, i + 3))) { b.push(parseInt(s.slice(i + 1, i + 3), 16)); i += 2; }
    else b.push(s.charCodeAt(i));
  }
  return b;
}
// answer is what a browser makes of it: the URL, and of that what it sends.
function answer(u) {
  if (u === null) return ["", "", "", ""];
  const credentials = u.username || u.password ? [...decode(u.username), 58, ...decode(u.password)] : "";
  const authority = (u.username || u.password ? u.username + (u.password ? ":" + u.password : "") + "@" : "") + u.host;
  const target = u.href.slice((u.protocol + "//" + authority).length).split("#")[0];
  return [u.href, u.host, u.protocol.startsWith("http") ? target : "", credentials];
}
const quote = (b) => '"' + Array.from(Buffer.from(b), (c) =>
  c === 34 || c === 92 ? "\\" + String.fromCharCode(c) : c < 32 || c > 126 ? "\\x" + c.toString(16).padStart(2, "0") : String.fromCharCode(c)).join("") + '"';

const bases = ["http://a.example/", "https://u:p@a.example:8443/d/e/f?q=1", "http://a.example", "https://[::1]/x/y/", "http://a.example//d//e", "https://www.example.com/a%2eb/%2e%2ec?x", "http://127.0.0.1:81/a;b/c"];
const seen = new Set();
const wanted = Number(process.argv[2] ?? 8000);
const differing = [];
while (seen.size < wanted) {
  const base = random(2) === 0 ? "" : one(bases);
  let input = Buffer.from(base === "" && random(12) > 0 ? listed() : base === "" || random(3) === 0 ? absolute() : relative());
  if (random(4) === 0) input = mutate(input.toString("utf8"));
  if (base === "" && !isUTF8(input) || input.length === 0) continue;
  if (base === "" && random(12) > 0 && /[\x00-\x1f\x7f]/.test(input.toString("latin1").trim())) continue;
  const line = quote(input) + "\t" + quote(base);
  if (seen.has(line)) continue;
  seen.add(line);
  const text = isUTF8(input) ? input.toString("utf8") : asChrome(input);
  const want = parse(Standard, text, base);
  const node = parse(URL, text, base);
  // Of user names beyond the BMP whatwg-url makes something else than the standard says.
  const best = want && node && want.host === node.host && (want.username !== node.username || want.password !== node.password) ? node : want;
  if (want?.href !== node?.href) differing.push(line + "\n\tstandard " + want?.href + "\n\tnode     " + node?.href);
  process.stdout.write([line, ...answer(best).map(quote)].join("\t") + "\n");
}
process.stderr.write(differing.join("\n") + "\n" + differing.length + " differ from Node's own\n");
