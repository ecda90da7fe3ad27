//! Where a request goes, and what it is signed with on the way there.
//! It must not send it.

use super::{Draft, Signing};
use crate::model::{Outgoing, Secret, Target, Timestamp, path_of};
use crate::verify::{Keyring, Provider, Source, example_secret};

/// A request that is ready to go.
#[derive(Debug)]
pub struct Prepared {
    /// Method, path and header lines.
    pub out: Outgoing,
    /// The body.
    pub body: Vec<u8>,
    /// What it was signed with.
    pub signed: Signed,
}

impl Prepared {
    /// A draft as it is.
    pub fn unsigned(draft: Draft, target: &Target) -> Prepared {
        let signed = Signed::Not("nobody signs it".into());
        Prepared { out: draft.outgoing(target), body: draft.body, signed }
    }
}

/// What a request was signed with.
#[derive(Debug)]
pub enum Signed {
    /// A secret of the user.
    With(Secret),
    /// None is known: a secret that everybody knows.
    Example(Secret),
    /// Nothing, and why.
    Not(String),
}

impl Signed {
    /// The secret.
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            Signed::With(secret) | Signed::Example(secret) => Some(secret),
            Signed::Not(_) => None,
        }
    }
}

/// Who sends, to whom, and with which secrets.
pub struct Sending<'a> {
    /// Whose event it is.
    pub provider: &'a Provider,
    /// Where it goes.
    pub target: &'a Target,
    /// The target is the own listener: what its sources say of paths and public URLs holds there.
    pub own: bool,
    /// Sources and secrets.
    pub keyring: &'a Keyring,
    /// The present.
    pub now: Timestamp,
}

impl Sending<'_> {
    /// Signs the draft for its target.
    pub fn prepare(&self, mut draft: Draft) -> Prepared {
        let id = self.provider.id.as_str();
        if self.own && draft.path == format!("/{id}") {
            draft.path = self.entrance().unwrap_or(draft.path);
        }
        let path = self.target.path_for(&draft.path);
        let source = self.source(path_of(&path));
        let secret = self.keyring.secrets(source, id).first().cloned();
        let known = secret.is_some();
        let secret = secret.unwrap_or_else(|| Secret::new("example", example_secret(self.provider).into_bytes()));
        let none = Default::default();
        let signing = Signing {
            secret: &secret,
            url: &self.url(&path, source),
            params: source.map_or(&none, |source| &source.params),
            now: self.now,
        };
        let signed = match draft.sign(self.provider, &signing) {
            Ok(()) if known => Signed::With(secret),
            Ok(()) => Signed::Example(secret),
            Err(why) => Signed::Not(why),
        };
        Prepared { out: draft.outgoing(self.target), body: draft.body, signed }
    }

    /// The path of the source that is there for this provider.
    fn entrance(&self) -> Option<String> {
        let source = self.keyring.sources.iter().find(|source| self.is_for_it(source))?;
        let fixed = source.path.trim_end_matches('*');
        Some(if fixed.len() > 1 { fixed.trim_end_matches('/') } else { fixed }.to_owned())
    }

    /// The source whose settings count: at the own listener the one that claims the path.
    fn source(&self, path: &str) -> Option<&Source> {
        match self.own {
            true => self.keyring.source_for(path),
            false => self.keyring.sources.iter().find(|source| self.is_for_it(source)),
        }
    }

    fn is_for_it(&self, source: &Source) -> bool {
        source.provider.as_deref() == Some(self.provider.id.as_str())
    }

    /// The URL that is called, as the receiver knows it.
    fn url(&self, path: &str, source: Option<&Source>) -> String {
        let public = source.filter(|_| self.own).and_then(|source| source.public_url_of(path_of(path)));
        match public {
            Some(public) => public + &path[path_of(path).len()..],
            None => format!("{}{path}", self.target.origin()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Event, Head, Verdict, sample};
    use crate::samples::{Fresh, types};
    use crate::verify::{Catalogue, Proof, examine};

    /// What a listener with these sources finds of a sample that is sent to it.
    fn found(provider: &Provider, kind: &str, keyring: &Keyring) -> crate::verify::Finding {
        let now = Timestamp(1_764_209_417_123_456);
        let draft = Draft::of(provider, Some(kind), Fresh { seed: 3, now }).unwrap();
        let target = Target::parse("http://127.0.0.1:9477").unwrap();
        let prepared = Sending { provider, target: &target, own: true, keyring, now }.prepare(draft);
        let out = prepared.out;
        let event = Event {
            received_at: now,
            content_type: out.headers.text("content-type").map(str::to_owned),
            head: Head::rebuild(&out.method, &out.path, "HTTP/1.1", &out.headers),
            method: out.method,
            target: out.path,
            body: prepared.body.into(),
            ..sample()
        };
        examine(Catalogue::in_force(), keyring, &event, &out.headers, Proof::Omitted)
    }

    #[test]
    fn every_sample_is_recognised_with_its_type_and_an_id_and_is_genuine() {
        let mut tried = 0;
        for provider in Catalogue::in_force().all().iter().filter(|provider| types(provider).len() > 1) {
            let secret = Secret::new("example", example_secret(provider).into_bytes());
            let mut keyring = Keyring::default();
            keyring.providers.insert(provider.id.clone(), vec![secret]);
            for kind in types(provider) {
                let found = found(provider, &kind, &keyring);
                let what = (found.provider.as_deref(), found.event_type.as_deref(), found.judgement.verdict);
                assert_eq!(what, (Some(provider.id.as_str()), Some(kind.as_str()), Verdict::Valid));
                // What Slack's users do has no id.
                let nameless = matches!((provider.id.as_str(), kind.as_str()), ("slack", "/rota" | "block_actions"));
                assert_eq!(found.key.is_none(), nameless, "{} {kind}", provider.id);
                tried += 1;
            }
        }
        assert!(tried > 70, "{tried}");
    }

    #[test]
    fn a_sample_goes_to_the_source_that_is_for_it_and_is_signed_for_its_public_url() {
        let square = Catalogue::in_force().get("square").unwrap();
        let source = Source {
            name: "shop".into(),
            path: "/in/square/*".into(),
            provider: Some("square".into()),
            secrets: vec![Secret::new("S", b"shop".to_vec())],
            public_url: Some("https://hooks.example.com/sq".into()),
            ..Source::default()
        };
        let keyring = Keyring { sources: vec![source], ..Keyring::default() };
        let found = found(square, "payment.created", &keyring);
        assert_eq!((found.source.as_deref(), found.judgement.verdict), (Some("shop"), Verdict::Valid));
    }

    #[test]
    fn what_is_made_of_an_entry_alone_is_genuine_where_it_can_be_signed() {
        let (mut genuine, mut wrong) = (0, Vec::new());
        for provider in Catalogue::in_force().all().iter().filter(|p| p.can_sign() && !p.signs_nothing()) {
            let source = Source {
                name: "here".into(),
                path: "/*".into(),
                provider: Some(provider.id.clone()),
                secrets: vec![Secret::new("example", example_secret(provider).into_bytes())],
                params: provider.params().into_iter().map(|name| (name.to_owned(), "example".to_owned())).collect(),
                ..Source::default()
            };
            let keyring = Keyring { sources: vec![source], ..Keyring::default() };
            // They sign what only they know: which headers, which environment.
            if matches!(provider.id.as_str(), "contentful" | "hygraph" | "nmi") {
                continue;
            }
            let kind = types(provider).remove(0);
            match found(provider, &kind, &keyring).judgement {
                judgement if judgement.verdict == Verdict::Valid => genuine += 1,
                judgement => wrong.push(format!("{} {:?} {:?}", provider.id, judgement.verdict, judgement.reason)),
            }
        }
        assert!(wrong.is_empty(), "{genuine} genuine, and not: {}", wrong.join("\n"));
        assert!(genuine > 300, "{genuine}");
    }
}
