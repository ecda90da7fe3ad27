//! What a body was before somebody on the way read it and wrote it again.

use crate::model::{JsonLayout, json_ascii, json_compact, json_laid_out, json_pretty, json_sorted, json_spaced};
use crate::verify::Question;
use std::io::Read;

/// The body as it may have been signed.
pub(super) struct Form {
    /// What is assumed.
    pub(super) words: String,
    pub(super) bytes: Vec<u8>,
    /// What to do about it.
    pub(super) told: &'static str,
}

const REWRITTEN: &str = "Somebody read the JSON and wrote it again after it was signed: pass the raw bytes on.";
const ENDS: &str = "Line ends were changed after it was signed: pass the raw bytes on (curl: --data-binary).";
const PACKED: &str = "What is signed is the body before it was compressed, or after: verify the bytes of that stage.";
const FORM: &str = "The form was decoded and encoded again after it was signed: pass the raw bytes on.";
const TEXT: &str = "The body was taken for text in another encoding: pass the raw bytes on.";

/// The most that a compressed body may become.
const MOST: u64 = 32 << 20;

/// The other forms, the commonest mistakes first.
pub(super) fn forms(question: &Question) -> Vec<Form> {
    let body = question.body;
    let mut out: Vec<Form> = Vec::new();
    let mut add = |words: &str, bytes: Option<Vec<u8>>, told: &'static str| {
        let Some(bytes) = bytes.filter(|bytes| bytes.as_slice() != body) else { return };
        if !out.iter().any(|form| form.bytes == bytes) {
            out.push(Form { words: words.to_owned(), bytes, told });
        }
    };
    let ascii = |json: Option<Vec<u8>>| json.and_then(|json| json_ascii(&json));
    let slashes = |json: Vec<u8>| String::from_utf8_lossy(&json).replace('/', "\\/").into_bytes();
    let laid_out = |layout| json_laid_out(body, layout);
    add("the JSON was compact", laid_out(JsonLayout::Compact), REWRITTEN);
    let cut = body.strip_suffix(b"\n").map(|rest| rest.strip_suffix(b"\r").unwrap_or(rest).to_vec());
    add("the body had no newline at its end", cut, ENDS);
    add("the body ended in a newline", Some([body, b"\n"].concat()), ENDS);
    add("the body's lines ended in CRLF", text(body, |text| text.replace("\r\n", "\n").replace('\n', "\r\n")), ENDS);
    add("the body's lines ended in LF", text(body, |text| text.replace("\r\n", "\n")), ENDS);
    add("the body was without its line ends", text(body, |text| text.replace(['\r', '\n'], "")), ENDS);
    add("the JSON had a space after commas and colons", laid_out(JsonLayout::Spaced), REWRITTEN);
    add("the JSON was indented by 2", laid_out(JsonLayout::Indented(b"  ")), REWRITTEN);
    add("the JSON was indented by 4", laid_out(JsonLayout::Indented(b"    ")), REWRITTEN);
    add("the JSON was indented by tabs", laid_out(JsonLayout::Indented(b"\t")), REWRITTEN);
    add("the JSON was compact, as JavaScript writes it", json_compact(body), REWRITTEN);
    add("the JSON was spaced, as Python writes it", json_spaced(body), REWRITTEN);
    add("the JSON was indented by 2, as JavaScript writes it", json_pretty(body, b"  "), REWRITTEN);
    add("the JSON's keys were sorted", json_sorted(body), REWRITTEN);
    add("the JSON was compact with `\\u` escapes", ascii(json_compact(body)), REWRITTEN);
    add("the JSON had spaces and `\\u` escapes", ascii(json_spaced(body)), REWRITTEN);
    add("the JSON had `\\u` escapes", json_ascii(body), REWRITTEN);
    add("the JSON was compact with `\\/`", json_compact(body).map(slashes), REWRITTEN);
    add("the JSON was as PHP writes it", ascii(json_compact(body)).map(slashes), REWRITTEN);
    add(
        "the JSON was compact and ended in a newline",
        json_compact(body).map(|json| [&json[..], b"\n"].concat()),
        ENDS,
    );
    add("the body had no byte order mark", body.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec), TEXT);
    add("the body began with a byte order mark", Some([b"\xef\xbb\xbf", body].concat()), TEXT);
    add("the body was without the spaces around it", Some(body.trim_ascii().to_vec()), ENDS);
    add("the body was uncompressed (gzip)", unpacked(flate2::read::GzDecoder::new(body)), PACKED);
    add("the body was uncompressed (deflate)", unpacked(flate2::read::ZlibDecoder::new(body)), PACKED);
    add("the form had `%20` for spaces", text(body, |text| text.replace('+', "%20")), FORM);
    add("the form had `+` for spaces", text(body, |text| text.replace("%20", "+")), FORM);
    add("the form was encoded anew", question.form().map(|form| encoded(&form)), FORM);
    add("the body was taken for UTF-8", Some(String::from_utf8_lossy(body).into_owned().into_bytes()), TEXT);
    add(
        "the body was taken for Latin-1",
        Some(body.iter().map(|&b| char::from(b)).collect::<String>().into_bytes()),
        TEXT,
    );
    add("the body was empty", Some(Vec::new()), REWRITTEN);
    out
}

fn text(body: &[u8], change: impl Fn(&str) -> String) -> Option<Vec<u8>> {
    std::str::from_utf8(body).ok().map(|text| change(text).into_bytes())
}

fn unpacked(reader: impl Read) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    reader.take(MOST).read_to_end(&mut out).ok().filter(|_| !out.is_empty()).map(|_| out)
}

fn encoded(form: &[(String, String)]) -> Vec<u8> {
    let mut out = url::form_urlencoded::Serializer::new(String::new());
    out.extend_pairs(form);
    out.finish().into_bytes()
}
