//! An event as a shell command that sends it again: POSIX quoting, credentials left out.
//! It must not print raw bytes: what a terminal could obey is written as octal escapes.

use super::{Event, Target};

/// Headers whose value is a credential wherever they come from (contract section 4).
const CREDENTIALS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "set-cookie"];

/// Longest body that goes into one argument; systems limit those to 128 KiB.
const ARGUMENT: usize = 100_000;

/// Whether a header's value is left out of copies; `secret_header` is the provider's own.
pub fn is_credential(name: &[u8], secret_header: Option<&str>) -> bool {
    let is = |known: &str| name.trim_ascii().eq_ignore_ascii_case(known.as_bytes());
    CREDENTIALS.iter().any(|known| is(known)) || secret_header.is_some_and(is)
}

/// The command; the values of headers that are `hidden` are left out.
pub fn curl(event: &Event, target: &Target, hidden: &dyn Fn(&[u8]) -> bool) -> String {
    let url = format!("{}{}", target.origin(), target.path_for(&event.target));
    // A HEAD request has no body to wait for; brackets and dots in the path are sent as they are.
    let method =
        if event.method == "HEAD" { "-I".to_owned() } else { format!("-X {}", quote(event.method.as_bytes())) };
    let mut out = format!("curl -g --path-as-is {method} {}", quote(url.as_bytes()));
    let headers = event.head.headers();
    // What curl would add by itself and the event does not have.
    for name in ["User-Agent", "Accept", "Content-Type"] {
        if !headers.has(name) && (name != "Content-Type" || !event.body.is_empty()) {
            out.push_str(&format!(" \\\n  -H {name}:"));
        }
    }
    for (name, value) in headers.iter() {
        let made_anew = ["host", "content-length", "transfer-encoding", "connection", "expect"];
        if made_anew.iter().any(|n| name.eq_ignore_ascii_case(n.as_bytes())) {
            continue;
        }
        let value = if hidden(name) { b"REDACTED" } else { value };
        // Without a value curl would drop the header; a semicolon sends it empty.
        let between: &[u8] = if value.is_empty() { b";" } else { b": " };
        out.push_str(&format!(" \\\n  -H {}", quote(&[name, between, value].concat())));
    }
    if event.body.is_empty() {
        return out;
    }
    match printable(&event.body) && event.body.len() <= ARGUMENT {
        true => format!("{out} \\\n  --data-raw {}", quote(&event.body)),
        false => format!("printf {} | {out} \\\n  --data-binary @-", octal(&event.body)),
    }
}

fn printable(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| super::safe(&text.replace('\n', "")).as_str() == text.replace('\n', ""))
}

fn quote(bytes: &[u8]) -> String {
    if !printable(bytes) {
        return format!("\"$(printf {})\"", octal(bytes));
    }
    let text = String::from_utf8_lossy(bytes);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/:=@%+,".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.into_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// A format for `printf` that yields exactly these bytes.
fn octal(bytes: &[u8]) -> String {
    let mut out = String::from("'");
    for (n, &b) in bytes.iter().enumerate() {
        match b {
            // At the front it would be taken for an option.
            b'-' if n == 0 => out.push_str("\\055"),
            b'\'' | b'\\' | b'%' => out.push_str(&format!("\\{b:03o}")),
            0x20..=0x7e => out.push(b as char),
            _ => out.push_str(&format!("\\{b:03o}")),
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn a_shell_reads_back_what_was_quoted(bytes in proptest::collection::vec(1u8.., 0..60)) {
            // A command substitution drops newlines at the end: header values never have them.
            prop_assume!(!bytes.ends_with(b"\n"));
            let script = format!("printf %s {}", quote(&bytes));
            let out = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            prop_assert_eq!(out.stdout, bytes);
        }
    }
}
