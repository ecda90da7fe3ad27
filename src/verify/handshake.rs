//! What a sender is told besides 200: the answer to its set-up question, or the words that it expects.
//! It must not sign anything for anybody: a computed answer is given for a plain token only.

use super::algorithm::Key;
use super::beside::Beside;
use super::catalogue::Catalogue;
use super::compare::secret_text;
use super::entry::{Condition, HandshakeRule};
use super::place::{Kind, Place};
use super::provider::Provider;
use super::recognise::Glance;
use super::template::Known;
use super::{Keyring, Question, Source};
use crate::model::{Judgement, Secret, Verdict};

/// The longest answer, so that nobody uses this machine to spread what they send.
const LONGEST: usize = 1024;

/// An answer other than an empty 200.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Header lines.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The answer to a set-up question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// What the provider calls the question.
    pub name: String,
    /// The answer.
    pub reply: Reply,
}

/// The answer to a request that is a set-up question of `provider`. Where nothing but the method tells it, the source has
/// to say who sends.
pub(super) fn greet(
    provider: &Provider,
    source: Option<&Source>,
    secrets: &[Secret],
    (question, glance): (&Question, &Glance),
    judgement: &Judgement,
) -> Option<Greeting> {
    let pinned = source.is_some_and(|s| s.provider.as_deref() == Some(provider.id.as_str()));
    provider.handshakes.iter().find_map(|rule| {
        let asked = rule.asks(question, glance) && (pinned || rule.is_told());
        let meant = asked && rule.has_token(question) && (!rule.signed || judgement.verdict == Verdict::Valid);
        // Who asks may choose what is computed; so what a source keeps for others is not lent to them.
        let lent = pinned || rule.signed || source.is_none_or(|source| source.secrets.is_empty());
        let secret = Some(secrets).filter(|_| lent).and_then(|secrets| {
            let used = secrets.iter().find(|secret| Some(&secret.name) == judgement.secret.as_ref());
            used.or_else(|| secrets.first())
        });
        let reply = meant.then(|| answer(rule, provider, secret, question)).flatten()?;
        Some(Greeting { name: rule.name.clone(), reply })
    })
}

impl Catalogue {
    /// Whose set-up question a request is that nothing else tells: one whose secret is configured comes first, then the
    /// question that says most of itself.
    pub(super) fn greeter(
        &self,
        (question, glance): (&Question, &Glance),
        keyring: &Keyring,
        source: Option<&Source>,
    ) -> Option<&Provider> {
        let said = |provider: &Provider| {
            let asked = provider.handshakes.iter().filter(|rule| rule.is_told() && rule.asks(question, glance));
            asked.map(|rule| rule.when.iter().filter(|condition| condition.is_positive()).count()).max()
        };
        let asking = self.all().iter().filter_map(|provider| Some((provider, said(provider)?)));
        let best = asking.max_by_key(|(provider, said)| {
            (!keyring.secrets(source, &provider.id).is_empty(), *said, std::cmp::Reverse(provider.id.as_str()))
        });
        best.map(|(provider, _)| provider)
    }
}

impl HandshakeRule {
    /// Whether the request is this question.
    fn asks(&self, question: &Question, glance: &Glance) -> bool {
        let method = self.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(question.method));
        method && self.when.iter().all(|condition| condition.holds(glance))
    }

    /// Whether something in the request tells it, not only what is absent.
    fn is_told(&self) -> bool {
        self.when.iter().any(Condition::is_positive)
    }

    /// Whether the token is that of the source, where the source says which that is.
    fn has_token(&self, question: &Question) -> bool {
        self.token.iter().all(|(place, wanted)| match wanted.value(question, &Beside::default()) {
            Some(wanted) => place.value(question, &Beside::default()).is_some_and(|said| said == wanted),
            None => true,
        })
    }
}

fn answer(rule: &HandshakeRule, provider: &Provider, secret: Option<&Secret>, question: &Question) -> Option<Reply> {
    let scheme = provider.schemes().first();
    let secret = secret.map(Secret::expose);
    let text = scheme.zip(secret).and_then(|(scheme, secret)| secret_text(scheme, secret, question));
    let key = scheme.zip(text.as_ref()).and_then(|(scheme, text)| Key::read(scheme.key, text, None));
    let beside = Beside::default();
    let known = Known { ts: None, secret: secret.unwrap_or_default(), key: key.as_ref(), beside: &beside };
    let body = rule.body.as_ref().map(|body| body.render(question, &known).ok());
    let body = match body {
        None => Vec::new(),
        Some(body) => body.filter(|body| body.len() <= LONGEST)?,
    };
    let mut headers = Vec::new();
    for (name, value) in &rule.headers {
        let value = String::from_utf8(value.render(question, &known).ok()?).ok()?;
        let plain = value.len() <= LONGEST && value.bytes().all(|b| (b' '..=b'~').contains(&b));
        headers.push((name.clone(), plain.then_some(value)?));
    }
    if !body.is_empty() {
        headers.push(("Content-Type".into(), rule.content_type.clone().unwrap_or_else(|| "text/plain".into())));
        headers.push(("X-Content-Type-Options".into(), "nosniff".into()));
    }
    Some(Reply { status: rule.status, headers, body })
}

/// What the provider expects to be told, by what its signature is worth. `pinned`: the source says that it is the sender;
/// else what is not signed is refused to nobody.
pub(super) fn expected(provider: &Provider, pinned: bool, question: &Question, judgement: &Judgement) -> Option<Reply> {
    let rule = provider.reply.as_ref()?;
    let refused = match judgement.verdict {
        Verdict::Invalid | Verdict::Stale => true,
        Verdict::Unsigned => pinned && question.method == "POST",
        _ => false,
    };
    if let Some(status) = rule.invalid.filter(|_| refused) {
        return Some(Reply { status, headers: Vec::new(), body: Vec::new() });
    }
    let body = rule.body.clone()?.into_bytes();
    let kind = rule.content_type.clone().unwrap_or_else(|| "text/plain".into());
    Some(Reply { status: 200, headers: vec![("Content-Type".into(), kind)], body })
}

impl Provider {
    /// A secret that came with a set-up question, to be kept if the user says so.
    pub(super) fn arriving_secret(&self, question: &Question) -> Option<String> {
        let places = self.handshakes.iter().filter_map(|rule| rule.keeps.as_ref());
        places.filter(|place| matches!(place.kind, Kind::Header | Kind::Json)).find_map(|place: &Place| {
            place.value(question, &Beside::default()).filter(|secret| !secret.trim().is_empty())
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Class, Event, Head, Headers, Secret, Timestamp, Verdict, sample};
    use crate::verify::examine::Finding;
    use crate::verify::{Catalogue, Keyring, Proof, Reply, Source, examine};
    use serde::Deserialize;
    use std::collections::BTreeMap;

    /// A question as its provider's documentation has it, and the answer that it wants.
    #[derive(Deserialize)]
    struct Case {
        provider: String,
        name: String,
        request: Request,
        secret: Option<String>,
        #[serde(default)]
        params: BTreeMap<String, String>,
        url: Option<String>,
        answer: Answer,
    }

    #[derive(Deserialize)]
    struct Request {
        method: String,
        path: String,
        headers: Vec<(String, String)>,
        body: String,
    }

    #[derive(Deserialize)]
    struct Answer {
        status: u16,
        #[serde(default)]
        body: String,
        content_type: Option<String>,
        #[serde(default)]
        headers: BTreeMap<String, String>,
    }

    fn cases() -> Vec<Case> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/handshakes.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    /// What a listener whose source has these settings answers, and whether it takes the request for a set-up question.
    fn told(case: &Case, secret: Option<&str>, body: &str) -> (bool, Reply) {
        let headers: Headers = case.request.headers.iter().map(|(n, v)| (n, v)).collect();
        let event = Event {
            method: case.request.method.clone(),
            target: case.request.path.clone(),
            head: Head::rebuild(&case.request.method, &case.request.path, "HTTP/1.1", &headers),
            content_type: headers.text("content-type").map(str::to_owned),
            body: body.to_owned().into(),
            received_at: Timestamp::from_secs(1_768_478_400),
            ..sample()
        };
        let source = Source {
            name: "here".into(),
            path: "/*".into(),
            provider: Some(case.provider.clone()),
            secrets: secret.iter().map(|text| Secret::new("S", text.as_bytes().to_vec())).collect(),
            public_url: case.url.as_ref().map(|url| url.replace(case.request.path.split('?').next().unwrap(), "")),
            params: case.params.clone(),
            ..Source::default()
        };
        let keyring = Keyring { sources: vec![source], ..Keyring::default() };
        let found = examine(Catalogue::in_force(), &keyring, &event, &headers, Proof::Omitted);
        let plain = Reply { status: 200, headers: Vec::new(), body: Vec::new() };
        (found.handshake, found.reply.unwrap_or(plain))
    }

    #[test]
    fn every_set_up_question_is_answered_as_its_provider_wants() {
        let mut asked = std::collections::BTreeSet::new();
        for case in cases() {
            let (handshake, reply) = told(&case, case.secret.as_deref(), &case.request.body);
            let at = format!("{} {}: {reply:?}", case.provider, case.name);
            assert!(handshake, "{at}");
            assert_eq!(
                (reply.status, String::from_utf8_lossy(&reply.body)),
                (case.answer.status, case.answer.body.into()),
                "{at}"
            );
            let header =
                |name: &str| reply.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
            let kind = case.answer.content_type.as_deref().filter(|_| !reply.body.is_empty());
            assert!(kind.is_none_or(|kind| header("content-type") == Some(kind)), "{at}");
            assert!(case.answer.headers.iter().all(|(name, value)| header(name) == Some(value)), "{at}");
            asked.insert((case.provider, case.name));
        }
        for provider in Catalogue::in_force().all() {
            for rule in &provider.handshakes {
                assert!(asked.contains(&(provider.id.clone(), rule.name.clone())), "{} {}", provider.id, rule.name);
            }
        }
    }

    #[test]
    fn nobody_gets_anything_signed_that_is_no_plain_token() {
        let mut computed = 0;
        for case in cases() {
            let provider = Catalogue::in_force().get(&case.provider).unwrap();
            let rules = provider.handshakes.iter();
            if !rules.clone().any(|rule| {
                rule.body.as_ref().is_some_and(|body| body.text().contains("hmac_") || body.text().contains("sha256"))
            }) {
                continue;
            }
            computed += 1;
            let honest = told(&case, case.secret.as_deref(), &case.request.body).1.body;
            for token in
                ["v0:1768478400:{\\\"event\\\":1}", "short", "with space in it", &"x".repeat(200), "{\\\"a\\\":1}"]
            {
                let mut forged = case.request.path.clone();
                let mut body = case.request.body.clone();
                for real in tokens(&case) {
                    forged = forged.replace(&real, &token.replace(' ', "%20"));
                    body = body.replace(&real, token);
                }
                let request = Request {
                    method: case.request.method.clone(),
                    path: forged,
                    headers: case.request.headers.clone(),
                    body: body.clone(),
                };
                let forged = Case {
                    request,
                    ..serde_json::from_value(serde_json::json!({
                        "provider": case.provider, "name": case.name, "secret": case.secret, "params": case.params,
                        "request": {"method": "", "path": "", "headers": [], "body": ""}, "answer": {"status": 200},
                    }))
                    .unwrap()
                };
                let answer = told(&forged, case.secret.as_deref(), &body).1.body;
                assert!(
                    answer.is_empty() || answer == honest,
                    "{}: {}",
                    case.provider,
                    String::from_utf8_lossy(&answer)
                );
            }
        }
        assert!(computed >= 4, "{computed}");
    }

    /// The longest words in a request: the token is among them.
    fn tokens(case: &Case) -> Vec<String> {
        let text = format!("{} {}", case.request.path, case.request.body);
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
        words.filter(|word| word.len() >= 20).map(str::to_owned).collect()
    }

    #[test]
    fn a_signed_question_with_a_wrong_signature_gets_no_useful_answer() {
        for case in cases() {
            let provider = Catalogue::in_force().get(&case.provider).unwrap();
            let rule = provider.handshakes.iter().find(|rule| rule.name == case.name).unwrap();
            if rule.signed {
                let (_, reply) = told(&case, Some("another secret"), &case.request.body);
                assert!(reply.body.is_empty(), "{}: {reply:?}", case.provider);
            }
        }
    }

    #[test]
    fn an_answer_is_short_and_plain_and_questions_are_known_without_a_source() {
        let case = cases().into_iter().find(|case| case.provider == "slack").unwrap();
        let long =
            case.request.body.replace("3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P", &"x".repeat(2_000));
        assert!(told(&case, None, &long).1.body.is_empty());
        let headers = Headers::default();
        let event = Event {
            method: "GET".into(),
            target: "/meta?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=t".into(),
            class: Class::Request,
            body: Default::default(),
            ..sample()
        };
        let found = examine(Catalogue::in_force(), &Keyring::default(), &event, &headers, Proof::Omitted);
        assert!(found.handshake);
        assert_eq!(found.reply.unwrap().body, b"1158201444");
    }

    /// What is found of a request by somebody whom nobody knows.
    fn found(keyring: &Keyring, method: &str, target: &str, lines: &str, body: &'static str) -> Finding {
        let headers = Headers::parse_lines(lines.replace('|', "\r\n").as_bytes());
        let event = Event {
            method: method.into(),
            target: target.into(),
            head: Head::rebuild(method, target, "HTTP/1.1", &headers),
            content_type: headers.text("content-type").map(str::to_owned),
            body: body.into(),
            ..sample()
        };
        examine(Catalogue::in_force(), keyring, &event, &headers, Proof::Omitted)
    }

    #[test]
    fn ordinary_requests_are_no_set_up_questions() {
        let form = "Content-Type: application/x-www-form-urlencoded|";
        for (target, lines, body) in [
            ("/x", "", r#"{"events":[]}"#),
            ("/x", "", r#"{"type":1,"application_id":"a-77","candidate":{}}"#),
            ("/x", "User-Agent: Discord-Foo|", "{}"),
            ("/x", "", r#"{"challenge":{"id":7},"points":3}"#),
            ("/x", "", r#"{"verification_token":"att","event":"order.created"}"#),
            ("/x", form, "webhook_id=9&status=paid"),
            ("/x", form, "ssl_check=1&x=2"),
            ("/x?validationToken=order", "", r#"{"order":1}"#),
            ("/x", "Validation-Token: abc|", r#"{"x":1}"#),
        ] {
            let found = found(&Keyring::default(), "POST", target, lines, body);
            assert!(!found.handshake && found.reply.is_none(), "{target} {lines} {body}: {found:?}");
        }
    }

    fn keyring(source: Source) -> Keyring {
        Keyring { sources: vec![Source { name: "s".into(), path: "/*".into(), ..source }], ..Keyring::default() }
    }

    #[test]
    fn a_source_lends_its_secrets_only_to_the_provider_that_it_names() {
        let target = "/x?challengeCode=1768478400abababababababababababababababab";
        let secrets = vec![Secret::new("MG", b"mailgun's".to_vec())];
        let anybody = keyring(Source { secrets: secrets.clone(), ..Source::default() });
        assert_eq!(found(&anybody, "GET", target, "", "").reply, None);
        let named = keyring(Source { secrets, provider: Some("linkedin".into()), ..Source::default() });
        assert!(found(&named, "GET", target, "", "").reply.is_some());
    }

    #[test]
    fn the_secret_that_signed_the_question_answers_it() {
        let zoom = cases().into_iter().find(|case| case.provider == "zoom").unwrap();
        let right = zoom.secret.clone().unwrap();
        let secret = |name: &str, text: &str| Secret::new(name, text.as_bytes().to_vec());
        let source = Source {
            provider: Some("zoom".into()),
            secrets: vec![secret("OLD", "another"), secret("NEW", &right)],
            ..Source::default()
        };
        let headers: Headers = zoom.request.headers.iter().map(|(n, v)| (n, v)).collect();
        let event = Event {
            target: zoom.request.path.clone(),
            head: Head::rebuild("POST", &zoom.request.path, "HTTP/1.1", &headers),
            body: zoom.request.body.clone().into(),
            received_at: Timestamp::from_secs(1_768_478_400),
            ..sample()
        };
        let found = examine(Catalogue::in_force(), &keyring(source), &event, &headers, Proof::Omitted);
        assert_eq!(found.judgement.verdict, Verdict::Valid);
        assert_eq!(String::from_utf8(found.reply.unwrap().body).unwrap(), zoom.answer.body);
    }

    #[test]
    fn what_is_not_signed_is_refused_only_where_the_source_names_the_sender() {
        let xero = keyring(Source {
            provider: Some("xero".into()),
            secrets: vec![Secret::new("X", b"x".to_vec())],
            ..Source::default()
        });
        assert_eq!(found(&xero, "POST", "/x", "", "{}").reply.map(|reply| reply.status), Some(401));
        assert_eq!(found(&xero, "GET", "/x", "", "").reply, None);
        assert_eq!(found(&Keyring::default(), "POST", "/x", "", "{}").reply, None);
    }
}
