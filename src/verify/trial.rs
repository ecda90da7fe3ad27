//! One scheme tried on one group of signatures: read, render, compare; every stage leaves a line of the proof.

use super::age::{self, Sent};
use super::algorithm::Algorithm;
use super::candidates::{self, Group};
use super::entry::Check;
use super::place::{Kind, Place};
use super::scheme::Scheme;
use super::special::Special;
use super::template::{Known, Missing};
use super::words::{clip, parsed, places, skew_text};
use super::{Proof, Question};
use crate::model::{Judgement, Reason, Secret, Step, Verdict};

/// Headers, or groups in one, that are looked at.
const MOST_GROUPS: usize = 8;

/// How good an outcome is: first by its verdict, then by how far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(pub(super) Class, pub(super) Stage);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Unsigned,
    Wrong,
    Stale,
    Valid,
}

/// How far a check came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Header,
    Read,
    Time,
    Checks,
    Content,
    Compare,
    Claims,
}

/// One scheme tried on one group of signatures.
pub(super) struct Trial<'a> {
    pub(super) scheme: &'a Scheme,
    pub(super) secrets: &'a [Secret],
    pub(super) question: &'a Question<'a>,
    pub(super) proof: Proof,
    pub(super) stage: Stage,
    pub(super) steps: Vec<Step>,
}

/// How a trial ends when it ends early.
pub(super) struct End(pub(super) Verdict, pub(super) Reason);

impl<'a> Trial<'a> {
    /// The steps so far and the signatures in every place where they may stand; no group where there is none.
    pub(super) fn read(mut self, special: Option<&dyn Special>) -> (Vec<Step>, Vec<Group>) {
        let rule = &self.scheme.signature;
        let texts = candidates::texts(rule, self.question);
        if texts.is_empty() {
            self.step("Header", Some(false), || format!("{} is not there", places(rule)));
            return (self.steps, Vec::new());
        }
        self.step("Header", Some(true), || match rule.algorithm.is_shared() {
            true => format!("{}: a token of {} bytes", places(rule), texts[0].len()),
            false => format!("{}: {}", places(rule), clip(&texts.join(", "), 120)),
        });
        let mut refused = None;
        let groups = |text: &String| {
            let read = candidates::groups(rule, self.question, text);
            match special {
                Some(special) => special.groups(self.question, text, read).unwrap_or_else(|why| {
                    refused = Some(why);
                    Vec::new()
                }),
                None => read,
            }
        };
        // Each costs a digest of the body, and no sender has more.
        let mut groups: Vec<Group> = texts.iter().take(MOST_GROUPS).flat_map(groups).take(MOST_GROUPS).collect();
        if rule.from.iter().any(Place::is_for_all) {
            // Every element has to hold: they are compared as one.
            groups.truncate(1);
            groups.iter_mut().for_each(|group| group.signatures.clone_from(&texts));
        }
        if groups.is_empty() {
            let why = refused.unwrap_or("no signature in a form that this provider uses");
            self.step("Parsed", Some(false), || why.to_owned());
        }
        (self.steps, groups)
    }

    /// The outcome where there is nothing to compare.
    pub(super) fn without(self, steps: Vec<Step>) -> (Rank, Judgement) {
        let there = !candidates::texts(&self.scheme.signature, self.question).is_empty();
        let (class, verdict, reason) = match there {
            true => (Class::Wrong, Verdict::Invalid, Reason::Malformed),
            false => (Class::Unsigned, Verdict::Unsigned, Reason::MissingHeader),
        };
        (Rank(class, Stage::Header), Judgement { verdict, reason: Some(reason), steps, ..Judgement::default() })
    }

    /// The outcome of an entry that can only be recognised.
    pub(super) fn unsupported(mut self, steps: Vec<Step>) -> (Rank, Judgement) {
        self.steps = steps;
        self.step("Content", Some(false), || "what this provider signs is not known well enough to check it".into());
        let (verdict, reason) = (Verdict::Unknown, Some(Reason::Unsupported));
        (Rank(Class::Wrong, Stage::Read), Judgement { verdict, reason, steps: self.steps, ..Judgement::default() })
    }

    pub(super) fn run(mut self, group: &Group) -> (Rank, Judgement) {
        let mut judgement = Judgement::default();
        let outcome = self.stages(group, &mut judgement);
        judgement.steps = std::mem::take(&mut self.steps);
        let class = match outcome {
            Ok(()) => {
                judgement.verdict = Verdict::Valid;
                Class::Valid
            }
            Err(End(verdict, reason)) => {
                judgement.verdict = verdict;
                judgement.reason = (verdict != Verdict::NoSecret).then_some(reason);
                if verdict == Verdict::Stale { Class::Stale } else { Class::Wrong }
            }
        };
        (Rank(class, self.stage), judgement)
    }

    fn stages(&mut self, group: &Group, judgement: &mut Judgement) -> Result<(), End> {
        self.stage = Stage::Read;
        self.parsed(group)?;
        self.stage = Stage::Time;
        let sent = self.sent(group)?;
        judgement.skew_us = sent.as_ref().and_then(|s| s.at).map(|at| self.question.arrived.since(at));
        let age = self.age(sent.as_ref(), judgement.skew_us);
        self.stage = Stage::Checks;
        self.checks(group, sent.as_ref())?;
        self.stage = Stage::Content;
        self.content(group, sent.as_ref())?;
        if self.secrets.is_empty() {
            self.step("Secret", Some(false), || "none is configured for this provider".into());
            return Err(End(Verdict::NoSecret, Reason::Mismatch));
        }
        self.stage = Stage::Compare;
        judgement.secret = Some(self.compare(group, sent.as_ref())?);
        self.stage = Stage::Claims;
        let claimed = self.claims(group, sent.as_ref())?;
        match age.or(claimed).or(self.expired(group)) {
            Some(reason) => Err(End(Verdict::Stale, reason)),
            None => Ok(()),
        }
    }

    /// Whether it was no longer good when it came.
    fn expired(&mut self, group: &Group) -> Option<Reason> {
        let end = group.content.as_ref()?.expires?;
        let late = self.question.arrived.0 / 1_000_000 - end;
        (late > 0).then(|| {
            self.step("Time", Some(false), || format!("it was good until {end} (expires), {late} s before"));
            Reason::TooOld
        })
    }

    pub(super) fn step(&mut self, step: &'static str, ok: Option<bool>, shows: impl FnOnce() -> String) {
        if self.proof == Proof::Wanted {
            self.steps.push(Step { step, shows: shows(), ok });
        }
    }

    /// Whether the signatures could be read at all.
    fn parsed(&mut self, group: &Group) -> Result<(), End> {
        let found = group.signatures.len();
        let unreadable = matches!(group.algorithm, Algorithm::Jwt | Algorithm::Jws) && group.beside.jwt.is_none();
        let ok = found > 0 && !unreadable;
        self.step("Parsed", Some(ok), || parsed(&self.scheme.signature, group));
        if ok { Ok(()) } else { Err(End(Verdict::Invalid, Reason::Malformed)) }
    }

    /// The sender's time, where the scheme has one.
    fn sent(&mut self, group: &Group) -> Result<Option<Sent>, End> {
        let Some(rule) = &self.scheme.timestamp else { return Ok(None) };
        let Some(sent) = age::find(rule, self.question, &group.beside) else {
            // Where it is neither judged nor signed, nothing is lost without it.
            if rule.tolerance.is_none() {
                return Ok(None);
            }
            self.step("Time", Some(false), || format!("{} is not there", rule.source));
            return Err(End(Verdict::Invalid, Reason::MissingTimestamp));
        };
        if sent.at.is_none() && rule.tolerance.is_some() {
            self.step("Time", Some(false), || format!("`{}` is no time", clip(&sent.text, 40)));
            return Err(End(Verdict::Invalid, Reason::BadTimestamp));
        }
        Ok(Some(sent))
    }

    fn age(&mut self, sent: Option<&Sent>, skew_us: Option<i64>) -> Option<Reason> {
        let rule = self.scheme.timestamp.as_ref()?;
        let (Some(at), Some(skew)) = (sent.and_then(|s| s.at), skew_us) else { return None };
        let outside = age::outside(rule, at, skew);
        self.step("Time", Some(outside.is_none()), || {
            let limit = rule.tolerance.map_or("not judged".to_owned(), |s| format!("max {s} s"));
            format!("sent {}  skew {} ({limit})", at.to_the_second(), skew_text(skew))
        });
        outside
    }

    fn checks(&mut self, group: &Group, sent: Option<&Sent>) -> Result<(), End> {
        for check in &self.scheme.check {
            let value = check.source.value(self.question, &group.beside);
            match self.check(check, value.as_deref(), group, sent) {
                Held::Yes => {}
                Held::Unknown(setting) => {
                    let shows = || format!("{} is not compared: the source has no params.{setting}", check.source);
                    self.step("Needs", None, shows);
                }
                Held::No => {
                    let wrong = if check.absent { "must not be there" } else { "is not as it has to be" };
                    self.step("Needs", Some(false), || format!("{} {wrong}", check.source));
                    let reason = match (&value, check.source.kind) {
                        (None, _) => Reason::MissingHeader,
                        (_, Kind::Header) if check.equals.as_ref().is_some_and(|t| t.text().contains("key_id")) => {
                            Reason::WrongKeyId
                        }
                        _ => Reason::Mismatch,
                    };
                    return Err(End(Verdict::Invalid, reason));
                }
            }
        }
        Ok(())
    }

    fn check(&self, check: &Check, value: Option<&str>, group: &Group, sent: Option<&Sent>) -> Held {
        let Some(value) = value else { return Held::from(check.absent || check.if_present) };
        if let Some(pattern) = &check.matches {
            return Held::from(pattern.is_match(value));
        }
        match &check.equals {
            Some(template) => match template.render(self.question, &known(group, sent, b"")) {
                Ok(want) => Held::from(want == value.as_bytes()),
                Err(Missing::Param(setting)) => Held::Unknown(setting),
                Err(Missing::Value(_)) => Held::No,
            },
            None => Held::from(!check.absent),
        }
    }

    /// Says what is signed; what of it is missing ends the check.
    fn content(&mut self, group: &Group, sent: Option<&Sent>) -> Result<(), End> {
        let template = &self.scheme.template;
        if group.algorithm.is_shared() {
            self.step("Content", None, || "a shared token: the body is not covered".into());
            return Ok(());
        }
        if group.algorithm == Algorithm::Jwt || group.content.is_some() {
            let covered = group.content.as_ref().map_or_else(|| self.scheme.covers_body(), |c| c.covers_body);
            let shows = || match (&group.content, covered) {
                (Some(content), true) => format!("{} bytes", content.bytes.len()),
                (Some(content), false) => format!("{} bytes: the body is not covered", content.bytes.len()),
                (None, true) => "the token, whose claims name the digest of the body".to_owned(),
                (None, false) => "the token: the body is not covered".to_owned(),
            };
            self.step("Content", covered.then_some(true), shows);
            return Ok(());
        }
        match template.render(self.question, &known(group, sent, b"")) {
            Ok(content) => {
                let open = match () {
                    () if self.scheme.covers_body() => "",
                    () if self.scheme.covers_parts() => ": of the body only this is covered",
                    () => ": the body is not covered",
                };
                let shows = || format!("{}  ({} bytes{open})", template.text().replace('\n', "\\n"), content.len());
                self.step("Content", Some(true), shows);
                Ok(())
            }
            Err(Missing::Param(setting)) => {
                self.step("Content", Some(false), || format!("the source has no params.{setting}, which is signed"));
                Err(End(Verdict::NoSecret, Reason::Unsupported))
            }
            Err(Missing::Value(missing)) => {
                self.step("Content", Some(false), || format!("{missing} is not there"));
                let reason = match missing.as_str() {
                    "the time" => Reason::MissingTimestamp,
                    "the form" => Reason::BodyUnreadable,
                    form if form.starts_with("form:") => Reason::BodyUnreadable,
                    _ => Reason::MissingHeader,
                };
                Err(End(Verdict::Invalid, reason))
            }
        }
    }
}

/// Whether something that has to be is so.
enum Held {
    Yes,
    No,
    /// The source does not say what it has to be.
    Unknown(String),
}

impl From<bool> for Held {
    fn from(holds: bool) -> Held {
        if holds { Held::Yes } else { Held::No }
    }
}

pub(super) fn known<'g>(group: &'g Group, sent: Option<&'g Sent>, secret: &'g [u8]) -> Known<'g> {
    Known { ts: sent.map(|s| s.text.as_str()), secret, key: None, beside: &group.beside }
}
