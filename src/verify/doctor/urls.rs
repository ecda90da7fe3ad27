//! The URL as the sender may have called it.

use crate::verify::Question;
use crate::verify::urls::{port_variant, slash_variant};

/// Other forms of the URL, each with what is assumed.
pub(super) fn forms(question: &Question) -> Vec<(String, String)> {
    let url = question.url().into_owned();
    let mut out: Vec<(String, String)> = Vec::new();
    let mut add = |words: &str, form: Option<String>| {
        let Some(form) = form.filter(|form| *form != url) else { return };
        if !out.iter().any(|(_, known)| *known == form) {
            out.push((format!("the URL that was signed is {form} ({words})"), form));
        }
    };
    let port = port_variant(&url);
    add("with or without its port", port.clone());
    add("with or without the final slash", slash_variant(&url));
    let other = other_scheme(&url);
    add("http or https", other.clone());
    add("http or https, without its port", other.as_deref().and_then(port_variant));
    add("without its query", url.split_once('?').map(|(path, _)| path.to_owned()));
    add("without its port and query", port.and_then(|url| url.split_once('?').map(|(path, _)| path.to_owned())));
    // Behind a tunnel the sender calls another host, which the tunnel may say.
    let host = question.headers.text("x-original-host").or(question.headers.text("x-forwarded-host"));
    let seen = question.headers.text("host");
    for host in [host, seen].into_iter().flatten() {
        add("as the request says", with_host(&url, "https", host));
        add("as the request says", with_host(&url, "http", host));
    }
    let ports = [question.headers.text("x-forwarded-port"), seen.and_then(|host| host.rsplit_once(':')).map(|h| h.1)];
    for port in ports.into_iter().flatten().chain(["443", "8443", "8080"]) {
        add("with its port", with_port(&url, port));
    }
    add("with a bare `?`", (!url.contains('?')).then(|| format!("{url}?")));
    add("decoded", percent_encoding::percent_decode_str(&url).decode_utf8().ok().map(|text| text.into_owned()));
    add("the path alone", url.splitn(4, '/').nth(3).map(|rest| format!("/{rest}")));
    out
}

fn other_scheme(url: &str) -> Option<String> {
    match url.split_once("://")? {
        ("https", rest) => Some(format!("http://{rest}")),
        ("http", rest) => Some(format!("https://{rest}")),
        _ => None,
    }
}

/// The URL with this port in place of any.
fn with_port(url: &str, port: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let host = authority.split(':').next()?;
    port.bytes().all(|b| b.is_ascii_digit()).then(|| format!("{scheme}://{host}:{port}{path}"))
}

fn with_host(url: &str, scheme: &str, host: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    Some(format!("{scheme}://{host}{path}"))
}
