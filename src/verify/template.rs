//! Templates of what a provider signs: text, `{variables}` and `[optional parts]`.

use super::Question;
use sha2::{Digest, Sha256};

/// A parsed template.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(String),
    Optional(Vec<Part>),
}

/// A template that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`{0}`: {1}")]
pub struct TemplateError(String, &'static str);

/// What a template needs besides the request.
pub(super) struct Known<'a> {
    pub(super) ts: Option<&'a str>,
    pub(super) secret: &'a [u8],
    pub(super) fields: &'a [(String, String)],
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        let mut chars = text.chars();
        let parts = parse(&mut chars, false).map_err(|why| TemplateError(text.to_owned(), why))?;
        Ok(Template { text: text.to_owned(), parts })
    }

    /// As written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signed bytes, or the variable that is missing.
    pub(super) fn render(&self, question: &Question, known: &Known) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        render(&self.parts, question, known, &mut out)?;
        Ok(out)
    }
}

fn parse(chars: &mut std::str::Chars, inside: bool) -> Result<Vec<Part>, &'static str> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let flush = |text: &mut String, parts: &mut Vec<Part>| {
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(text)));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => text.push('\n'),
                Some(c @ ('[' | ']' | '{' | '}' | '\\')) => text.push(c),
                _ => return Err("only \\n, \\[ and \\] can be escaped"),
            },
            '{' => {
                flush(&mut text, &mut parts);
                let name: String = chars.by_ref().take_while(|&c| c != '}').collect();
                parts.push(Part::Variable(name));
            }
            '[' => {
                flush(&mut text, &mut parts);
                parts.push(Part::Optional(parse(chars, true)?));
            }
            ']' if inside => {
                flush(&mut text, &mut parts);
                return Ok(parts);
            }
            c => text.push(c),
        }
    }
    if inside {
        return Err("a `[` is never closed");
    }
    flush(&mut text, &mut parts);
    Ok(parts)
}

fn render(parts: &[Part], question: &Question, known: &Known, out: &mut Vec<u8>) -> Result<(), String> {
    for part in parts {
        match part {
            Part::Text(text) => out.extend_from_slice(text.as_bytes()),
            Part::Variable(name) => out.extend_from_slice(&variable(name, question, known)?),
            Part::Optional(inner) => {
                let mut piece = Vec::new();
                if render(inner, question, known, &mut piece).is_ok() {
                    out.extend_from_slice(&piece);
                }
            }
        }
    }
    Ok(())
}

fn variable(name: &str, question: &Question, known: &Known) -> Result<Vec<u8>, String> {
    let url = || question.url();
    let path = || url().splitn(4, '/').nth(3).map_or("/".to_owned(), |rest| format!("/{rest}"));
    let text = match name {
        "body" => return Ok(question.body.to_vec()),
        "secret" => return Ok(known.secret.to_vec()),
        "ts" => known.ts.map(str::to_owned),
        "method" => Some(question.method.to_uppercase()),
        "url" => Some(url().into_owned()),
        "url_no_query" => url().split('?').next().map(str::to_owned),
        "path" => path().split('?').next().map(str::to_owned),
        "path_query" => Some(path()),
        "query_string" => url().split_once('?').map(|(_, query)| query.to_owned()),
        "form_sorted" => Some(form_sorted(question)),
        _ => match name.strip_prefix("sha256hex(").and_then(|rest| rest.strip_suffix(')')) {
            Some(inner) => Some(hex::encode(Sha256::digest(variable(inner, question, known)?))),
            None => match name.strip_prefix("sigfield:") {
                Some(field) => known.fields.iter().find(|(key, _)| key == field).map(|(_, value)| value.clone()),
                None => question.value(name).or(name.starts_with("json:").then(String::new)),
            },
        },
    };
    text.map(String::into_bytes).ok_or_else(|| name.to_owned())
}

/// Name and value of each pair, sorted by both, equal pairs once; nothing for other bodies.
fn form_sorted(question: &Question) -> String {
    let mut form = question.form().unwrap_or_default();
    form.sort();
    form.dedup();
    form.into_iter().map(|(name, value)| name + &value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Headers, Timestamp};
    use crate::verify::Called;
    use crate::verify::question::NO_PARAMS;

    #[test]
    fn renders_text_variables_and_optional_parts() {
        let headers = Headers::parse_lines(b"X-Id: 7\r\n");
        let question = Question {
            method: "post",
            called: Called::Url("https://h/a?b=c"),
            headers: &headers,
            body: b"{\"x\":1}",
            arrived: Timestamp(0),
            params: &NO_PARAMS,
        };
        let known = Known { ts: Some("9"), secret: b"s", fields: &[] };
        let render = |text: &str| {
            Template::parse(text).unwrap().render(&question, &known).map(|b| String::from_utf8(b).unwrap())
        };
        assert_eq!(render("v0:{ts}:{body}").unwrap(), "v0:9:{\"x\":1}");
        assert_eq!(render("{method}\\n{path_query}[;{header:nope}][;{header:x-id}]").unwrap(), "POST\n/a?b=c;7");
        assert_eq!(render("{json:x}{json:y}").unwrap(), "1");
        assert_eq!(render("{header:nope}"), Err("header:nope".into()));
    }
}
