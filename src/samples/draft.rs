//! A request that is being made: taken from somewhere, changed, signed.

use super::Fresh;
use super::file::{self, Written, WrittenBody};
use super::set::{self, SetError};
use crate::model::{Headers, Outgoing, Secret, StoredEvent, Target, Timestamp, end_to_end};
use crate::verify::{Called, Params, Provider, Question, Spot, Stamp, example, sign, time_in_body};

/// A request before it is sent.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The provider's name for what happened.
    pub kind: String,
    /// Request method.
    pub method: String,
    /// Path and query, where the target says none.
    pub path: String,
    /// Header lines, those left out that belong to one connection.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
    /// A signature that goes into the query, whatever path the target has.
    added: Option<(String, String)>,
}

/// What a signature is made with.
pub struct Signing<'a> {
    /// The secret.
    pub secret: &'a Secret,
    /// The URL that is called, as the receiver knows it.
    pub url: &'a str,
    /// Settings of the source.
    pub params: &'a Params,
    /// The present.
    pub now: Timestamp,
}

impl Draft {
    /// A sample of this type, by default the provider's first; `None` where there is no such type.
    pub fn of(provider: &Provider, kind: Option<&str>, fresh: Fresh) -> Option<Draft> {
        if let Some(written) = file::find(provider, kind) {
            return Some(Draft::filled(provider, written, fresh));
        }
        let known = file::types(provider);
        let generic = known == [file::GENERIC] && kind.is_none_or(|kind| kind == file::GENERIC);
        let (headers, body) = example(provider);
        generic.then(|| Draft {
            kind: file::GENERIC.to_owned(),
            method: "POST".to_owned(),
            path: format!("/{}", provider.id),
            headers,
            body,
            added: None,
        })
    }

    fn filled(provider: &Provider, written: Written, fresh: Fresh) -> Draft {
        let lines = fresh.fill(&written.headers);
        let mut headers = Headers::default();
        for (name, value) in lines.lines().filter_map(|line| line.split_once(':')) {
            headers.push(name.trim(), value.trim());
        }
        let body = match written.body {
            WrittenBody::Text(text) => fresh.fill(&text).into_bytes(),
            WrittenBody::Form(pairs) => {
                let filled = pairs.into_iter().map(|(name, value)| (name, fresh.fill(&value)));
                set::form(&filled.collect::<Vec<_>>())
            }
        };
        Draft {
            kind: written.kind,
            method: "POST".to_owned(),
            path: format!("/{}", provider.id),
            headers,
            body,
            added: None,
        }
    }

    /// A request of nobody in particular.
    pub fn plain() -> Draft {
        let mut headers = Headers::default();
        headers.push("User-Agent", concat!("whisper-tui/", env!("CARGO_PKG_VERSION")));
        headers.push("Content-Type", "application/json");
        Draft {
            kind: "test".to_owned(),
            method: "POST".to_owned(),
            path: "/test".to_owned(),
            headers,
            body: br#"{"hello":"world","from":"whisper-tui","test":true}"#.to_vec(),
            added: None,
        }
    }

    /// The request that a stored event came with.
    pub fn like(stored: &StoredEvent) -> Draft {
        let e = &stored.event;
        Draft {
            kind: e.label(),
            method: e.method.clone(),
            path: e.target.clone(),
            headers: end_to_end(&e.head.headers()),
            body: e.body.to_vec(),
            added: None,
        }
    }

    /// Changes one value of the body: a path into JSON, or a field of a form.
    pub fn set(&mut self, path: &str, value: &str) -> Result<(), SetError> {
        let kind = self.headers.text("content-type").unwrap_or_default();
        self.body = match kind.starts_with("application/x-www-form-urlencoded") {
            true => set::set_form(&self.body, path, value),
            false => set::set_json(&self.body, path, set::typed(value))?,
        };
        Ok(())
    }

    /// Signs it; an error says why that cannot be done, and nothing is changed.
    pub fn sign(&mut self, provider: &Provider, signing: &Signing) -> Result<(), String> {
        let mut signed = self.clone();
        // A sample has its time; what is made of the entry alone, and what is like an old event, does not.
        if let Some(stamp) = time_in_body(provider, &signed.question(signing), signing.now)
            && signed.kind == file::GENERIC
        {
            signed.put(&stamp)?;
        }
        for stamp in sign(provider, signing.secret, &signed.question(signing), signing.now, None)? {
            signed.put(&stamp)?;
        }
        *self = signed;
        Ok(())
    }

    fn question<'a>(&'a self, signing: &'a Signing) -> Question<'a> {
        Question {
            method: &self.method,
            called: Called::Url(signing.url),
            headers: &self.headers,
            body: &self.body,
            arrived: signing.now,
            params: signing.params,
        }
    }

    /// Writes what belongs to a signature.
    fn put(&mut self, stamp: &Stamp) -> Result<(), String> {
        let value = stamp.value.as_str();
        match &stamp.at {
            Spot::Header(name) => self.headers.set(name, value),
            Spot::Json(path) => self.body = set::set_json(&self.body, path, value.into()).map_err(|e| e.to_string())?,
            Spot::Form(name) => self.body = set::set_form(&self.body, name, value),
            Spot::Query(name) => self.added = Some((name.clone(), value.to_owned())),
        }
        Ok(())
    }

    /// As it goes to this target, marked as a test (contract section 5).
    pub fn outgoing(&self, target: &Target) -> Outgoing {
        let mut headers = Headers::default();
        headers.push("Host", target.authority());
        self.headers.iter().for_each(|(name, value)| headers.push(name, value));
        headers.set("Whisper-Test", "1");
        headers.push("Content-Length", self.body.len().to_string());
        let mut path = target.path_for(&self.path);
        if let Some((name, value)) = &self.added {
            path = with_parameter(&path, name, value);
        }
        Outgoing { method: self.method.clone(), path, headers }
    }
}

/// A path whose query has this parameter once.
fn with_parameter(path: &str, name: &str, value: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned().filter(|(known, _)| known != name);
    let pairs: Vec<(String, String)> = pairs.chain([(name.to_owned(), value.to_owned())]).collect();
    format!("{path}?{}", String::from_utf8_lossy(&set::form(&pairs)))
}
